#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "text/tokenizer_files.h"

namespace mma {

/// Text for people from token ids, by a tokenizer's pieces: packs hold ids alone. What the
/// tokenizer dropped (letter case, accents, runs of spaces) is not there again; of byte-level BPE
/// nothing is dropped. Special pieces that stand around a text are left out.
///   WordPiece      pieces with a space between words: "a soldier , [UNK]"
///   byte-level BPE the bytes that its pieces stand for
///   SentencePiece  as google's library decodes: a space for U+2581, " ⁇ " for what is unknown
class Detokenizer {
 public:
  /// None: every text is unknown.
  Detokenizer() = default;
  explicit Detokenizer(const TokenizerFiles& files);
  /// UTF-8, with U+FFFD for each byte that belongs to no character, as where a text was cut. None
  /// where an id is not one of the vocabulary's.
  std::optional<std::string> text(std::span<const int32_t> ids) const;
  bool known() const { return !spelled_.empty(); }

 private:
  std::vector<std::string> spelled_;  // the bytes of each id
  bool begins_with_space_ = false;    // that was put in front of every text
};

}  // namespace mma
