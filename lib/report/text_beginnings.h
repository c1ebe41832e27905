#pragma once
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/pack.h"

namespace mma {

/// The first words of a split's texts. A pack holds token ids alone: words are put together again
/// from the pieces of a WordPiece vocabulary, in small letters where the tokenizer made them so.
class TextBeginnings {
 public:
  /// None: every text is "".
  TextBeginnings() = default;
  TextBeginnings(Split split, std::vector<std::string> pieces);
  /// Of the sample of that id, with "…" where it goes on; "" where it is not known.
  std::string of(const std::string& id) const;
  bool known() const { return !pieces_.empty(); }

 private:
  Split split_;
  std::vector<std::string> pieces_;
  std::unordered_map<std::string, size_t> rows_;
};

/// Those of a pack's split by the vocab.txt in `folder`: none where there is no such split or file,
/// the tokenizer is not WordPiece, or the file is not what the pack was made with.
TextBeginnings read_text_beginnings(const Pack& pack, const std::string& split,
                                    const std::filesystem::path& folder);

}  // namespace mma
