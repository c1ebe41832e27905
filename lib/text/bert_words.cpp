#include "text/bert_words.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/unicode.h"

namespace mma {
namespace {

// The blocks that BERT calls Chinese. The reference begins the sixth at 2B920, not at the block's
// 2B820, and what a backbone was trained on decides.
bool is_chinese(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
         (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

// ASCII punctuation is wider than Unicode's: "$" and "+" are symbols there.
constexpr bool is_ascii_punctuation(unsigned char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

enum class Ascii : uint8_t { kPart, kDropped, kSpace, kPunctuation };

constexpr std::array<Ascii, 128> ascii_table(bool clean) {
  std::array<Ascii, 128> table{};
  for (unsigned char c = 0; c < 128; ++c) {
    bool control = c < 0x20 || c == 0x7F;
    bool kept_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    bool other_space = c == '\v' || c == '\f';
    if (kept_space || (!clean && other_space)) {
      table[c] = Ascii::kSpace;
    } else if (clean && control) {
      table[c] = Ascii::kDropped;
    } else if (is_ascii_punctuation(c)) {
      table[c] = Ascii::kPunctuation;
    }
  }
  return table;
}
constexpr auto kCleanAscii = ascii_table(true), kRawAscii = ascii_table(false);

class Splitter {
 public:
  explicit Splitter(const BertTextOptions& options)
      : options_(options), ascii_(options.clean_text ? kCleanAscii : kRawAscii) {}

  Words split(std::string_view text) {
    words_.text.reserve(text.size() + text.size() / 8);
    words_.ends.reserve(text.size() / 4);
    for (size_t at = 0; at < text.size();) {
      auto byte = static_cast<unsigned char>(text[at]);
      if (byte < 0x80) {
        if (!marks_.empty()) place_marks();
        ascii(byte);
        ++at;
      } else {
        wide(next_code_point(text, at));
      }
    }
    place_marks();
    end_word();
    return std::move(words_);
  }

 private:
  struct Mark {
    char32_t c;
    uint8_t order;
  };

  void end_word() {
    size_t begin = words_.ends.empty() ? 0 : words_.ends.back();
    if (words_.text.size() > begin) words_.ends.push_back(words_.text.size());
  }

  void ascii(unsigned char c) {
    switch (ascii_[c]) {
      case Ascii::kDropped:
        return;
      case Ascii::kSpace:
        return end_word();
      case Ascii::kPunctuation:
        end_word();
        words_.text += static_cast<char>(c);
        return end_word();
      case Ascii::kPart:
        bool upper = options_.lowercase && c >= 'A' && c <= 'Z';
        words_.text += static_cast<char>(upper ? c + ('a' - 'A') : c);
    }
  }

  void wide(char32_t c) {
    if (options_.clean_text) {
      if (c == 0xFFFD || character_class(c).other) return;
      if (is_white_space(c)) c = ' ';
    }
    if (options_.handle_chinese_chars && is_chinese(c)) {
      place_marks();
      end_word();
      canonical(c);
      place_marks();
      return end_word();
    }
    canonical(c);
  }

  void canonical(char32_t c) {
    if (!options_.strip_accents) return lowered(c);
    char32_t parts[kMaxDecomposed];
    size_t n = decompose(c, parts);
    for (size_t i = 0; i < n; ++i) {
      auto found = character_class(parts[i]);
      // Marks are put in canonical order before they are dropped: not all of them are.
      if (found.combining_class == 0) place_marks();
      if (found.nonspacing_mark) continue;
      if (found.combining_class == 0) {
        lowered(parts[i]);
      } else {
        marks_.push_back({parts[i], found.combining_class});
      }
    }
  }

  void place_marks() {
    if (marks_.empty()) return;
    std::stable_sort(marks_.begin(), marks_.end(),
                     [](const Mark& a, const Mark& b) { return a.order < b.order; });
    for (auto& mark : marks_) lowered(mark.c);
    marks_.clear();
  }

  void lowered(char32_t c) {
    if (!options_.lowercase) return place(c);
    if (c == 0x130) {
      place('i');
      return place(0x307);
    }
    place(to_lower(c));
  }

  void place(char32_t c) {
    if (is_white_space(c)) return end_word();
    bool alone = c < 0x80 ? is_ascii_punctuation(static_cast<unsigned char>(c))
                          : character_class(c).punctuation;
    if (alone) end_word();
    append_utf8(words_.text, c);
    if (alone) end_word();
  }

  const BertTextOptions& options_;
  const std::array<Ascii, 128>& ascii_;
  std::vector<Mark> marks_;
  Words words_;
};

}  // namespace

Words bert_words(std::string_view text, const BertTextOptions& options) {
  return Splitter(options).split(text);
}

}  // namespace mma
