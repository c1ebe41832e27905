#pragma once
#include <filesystem>
#include <string>
#include <unordered_map>

#include "data/pack.h"
#include "text/detokenizer.h"

namespace mma {

/// The first words of a sample's text, by its row in the split, with "…" where it goes on; "" where
/// the tokens are not of this vocabulary.
std::string text_beginning(const Split& split, size_t row, const Detokenizer& detokenizer);

/// What puts the texts of a pack together again, from the tokenizer's files in `folder` (a
/// backbone's): none where there are none, or not those that the pack was made with.
Detokenizer detokenizer_of(const PackInfo& pack, const std::filesystem::path& folder);

/// The beginnings of a split's texts by the samples' ids.
class TextBeginnings {
 public:
  /// None: every text is "".
  TextBeginnings() = default;
  TextBeginnings(Split split, Detokenizer detokenizer);
  /// Of the sample of that id; "" where it is not known.
  std::string of(const std::string& id) const;
  bool known() const { return detokenizer_.known(); }

 private:
  Split split_;
  Detokenizer detokenizer_;
  std::unordered_map<std::string, size_t> rows_;
};

/// Those of a pack's split: none where there is no such split, or as detokenizer_of().
TextBeginnings read_text_beginnings(const Pack& pack, const std::string& split,
                                    const std::filesystem::path& folder);

}  // namespace mma
