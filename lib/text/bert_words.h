#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mma {

/// How BERT cleans text; the names of Hugging Face's BertNormalizer.
struct BertTextOptions {
  bool lowercase = true;
  bool strip_accents = true;
  bool handle_chinese_chars = true;
  bool clean_text = true;
};

/// The words of one text, in one buffer.
struct Words {
  std::string text;
  std::vector<size_t> ends;  ///< where each word ends in `text`
  size_t size() const { return ends.size(); }
  std::string_view operator[](size_t i) const {
    size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(text).substr(begin, ends[i] - begin);
  }
};

/// Splits text as Hugging Face's BertNormalizer and BertPreTokenizer do: drops control characters
/// and U+FFFD, makes all white space a space, parts CJK ideographs from each other, decomposes
/// (NFD) and drops nonspacing marks, lowercases, then splits at white space and makes each
/// punctuation character a word of its own.
Words bert_words(std::string_view text, const BertTextOptions& options);

}  // namespace mma
