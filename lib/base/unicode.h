#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mma {

/// The code point at text[at], which moves behind it. What is not UTF-8 gives U+FFFD for one byte.
char32_t next_code_point(std::string_view text, size_t& at);
void append_utf8(std::string& text, char32_t c);
/// The number of code points of UTF-8 text.
size_t code_points(std::string_view text);
/// The columns that it takes on a terminal: 2 for East Asian wide characters and emoji, none for
/// marks that stand on others. Of text without control characters.
size_t display_width(std::string_view text);

/// The categories that BERT's tokenizers ask for (Unicode Standard, section 4.5), for characters of
/// Unicode 9.0, which the reference's tables stop at; younger ones are in none.
struct CharacterClass {
  bool other = false;            ///< control, format, private use (Cc, Cf, Co)
  bool punctuation = false;      ///< Pc, Pd, Ps, Pe, Pi, Pf, Po
  bool nonspacing_mark = false;  ///< Mn
  uint8_t combining_class = 0;   ///< the order of marks; 0 for what begins a new sequence
};
CharacterClass character_class(char32_t c);

/// The classes that GPT-2's tokenizer cuts words by: \p{L}, \p{N}, \s and all else, as Unicode 16.0
/// has them, where the reference stands (Hugging Face tokenizers 0.22), whatever the library knows.
enum class WordCharacter : uint8_t { kLetter, kNumber, kSpace, kOther };
WordCharacter word_character(char32_t c);

/// White_Space of the Unicode character database.
bool is_white_space(char32_t c);
/// The full canonical decomposition (NFD) of one code point, in `into`; returns its length.
constexpr size_t kMaxDecomposed = 8;
size_t decompose(char32_t c, char32_t (&into)[kMaxDecomposed]);
/// The full compatibility decomposition (NFKD) of one code point, without reordering its marks.
constexpr size_t kMaxCompatible = 18;
size_t decompose_compatible(char32_t c, char32_t (&into)[kMaxCompatible]);
/// A decimal digit (Nd).
bool is_digit(char32_t c);
/// A letter with case (Lu, Ll, Lt).
bool is_cased(char32_t c);
/// The simple lower case. The one code point whose full lower case is longer is the caller's:
/// U+0130 becomes "i" and U+0307.
char32_t to_lower(char32_t c);

}  // namespace mma
