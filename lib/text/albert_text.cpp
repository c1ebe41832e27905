#include "text/albert_text.h"

#include "base/unicode.h"

namespace mma {
namespace {

// What Python's str.split() parts at: four control characters more than Unicode's White_Space.
bool is_python_space(char32_t c) { return is_white_space(c) || (c >= 0x1C && c <= 0x1F); }

std::u32string joined_spaces(const std::u32string& text) {
  std::u32string joined;
  for (char32_t c : text) {
    bool space = is_python_space(c);
    if (!space) joined += c;
    if (space && !joined.empty() && joined.back() != ' ') joined += ' ';
  }
  if (!joined.empty() && joined.back() == ' ') joined.pop_back();
  return joined;
}

std::u32string straight_quotes(const std::u32string& text) {
  std::u32string straight;
  for (size_t i = 0; i < text.size(); ++i) {
    bool pair =
        (text[i] == '`' || text[i] == '\'') && i + 1 < text.size() && text[i + 1] == text[i];
    straight += pair ? U'"' : text[i];
    i += pair;
  }
  return straight;
}

// Marks are all dropped, so that their order does not matter.
std::u32string without_marks(const std::u32string& text) {
  std::u32string bare;
  for (char32_t c : text) {
    char32_t parts[kMaxCompatible];
    size_t size = decompose_compatible(c, parts);
    for (size_t i = 0; i < size; ++i)
      if (character_class(parts[i]).combining_class == 0) bare += parts[i];
  }
  return bare;
}

// Sigma at the end of a word has a form of its own (Unicode Standard, Final_Sigma in 3.13), here
// without the characters that the rule passes over.
bool ends_word(const std::u32string& text, size_t i) {
  return i > 0 && is_cased(text[i - 1]) && !(i + 1 < text.size() && is_cased(text[i + 1]));
}

std::u32string lowered(const std::u32string& text) {
  std::u32string lower;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == 0x130) {
      lower += U"i\u0307";
    } else if (text[i] == 0x3A3) {
      lower += ends_word(text, i) ? char32_t{0x3C2} : char32_t{0x3C3};
    } else {
      lower += to_lower(text[i]);
    }
  }
  return lower;
}

}  // namespace

std::string albert_text(std::string_view text, const AlbertTextOptions& options) {
  std::u32string characters;
  for (size_t at = 0; at < text.size();) characters += next_code_point(text, at);
  if (options.remove_space) characters = joined_spaces(characters);
  characters = straight_quotes(characters);
  if (!options.keep_accents) characters = without_marks(characters);
  if (options.lowercase) characters = lowered(characters);
  std::string prepared;
  prepared.reserve(text.size());
  for (char32_t c : characters) append_utf8(prepared, c);
  return prepared;
}

}  // namespace mma
