#include "base/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <iterator>

namespace mma {
namespace {

// Punctuation, format characters and nonspacing marks that are younger than Unicode 9.0 (2016;
// derived from DerivedAge.txt and UnicodeData.txt up to 16.0; what else lies in these ranges is
// none of the three). Hugging Face's tables stop there, so to it, and to what it trained, these
// characters are parts of words.
constexpr struct {
  char32_t first, last;
} kYounger[] = {{0x61D, 0x61D},     {0x7FD, 0x7FD},     {0x890, 0x8D3},     {0x9FD, 0x9FE},
                {0xA76, 0xA76},     {0xAFA, 0xAFF},     {0xB55, 0xB55},     {0xC04, 0xC3C},
                {0xC77, 0xC77},     {0xC84, 0xC84},     {0xD00, 0xD00},     {0xD3B, 0xD3C},
                {0xD81, 0xD81},     {0xEBA, 0xEBA},     {0xECE, 0xECE},     {0x180F, 0x180F},
                {0x1ABF, 0x1ACE},   {0x1B4E, 0x1B4F},   {0x1B7D, 0x1B7F},   {0x1DF6, 0x1DFA},
                {0x2E45, 0x2E5D},   {0xA82C, 0xA82C},   {0xA8FF, 0xA8FF},   {0x10D24, 0x10F89},
                {0x11070, 0x11074}, {0x110C2, 0x110CD}, {0x111CF, 0x111CF}, {0x11241, 0x11241},
                {0x1133B, 0x1133B}, {0x113BB, 0x113E2}, {0x1145A, 0x1145A}, {0x1145E, 0x1145E},
                {0x116B9, 0x116B9}, {0x1182F, 0x11BE1}, {0x11D31, 0x11FFF}, {0x12FF1, 0x1612F},
                {0x16D6D, 0x16F4F}, {0x16FE2, 0x16FE4}, {0x1CF00, 0x1CF46}, {0x1E08F, 0x1E5FF}};

bool is_younger(char32_t c) {
  auto* range = std::upper_bound(std::begin(kYounger), std::end(kYounger), c,
                                 [](char32_t value, auto& r) { return value < r.first; });
  return range != std::begin(kYounger) && c <= (range - 1)->last;
}

// Letters and numbers of Unicode 15.1 and 16.0 (DerivedAge.txt), which a utf8proc of 2022 (2.8.0)
// does not know.
constexpr struct {
  char32_t first, last;
  WordCharacter is;
} kYoungWords[] = {
    {0x1C89, 0x1C8A, WordCharacter::kLetter},   {0xA7CB, 0xA7CD, WordCharacter::kLetter},
    {0xA7DA, 0xA7DC, WordCharacter::kLetter},   {0x105C0, 0x105F3, WordCharacter::kLetter},
    {0x10D40, 0x10D49, WordCharacter::kNumber}, {0x10D4A, 0x10D65, WordCharacter::kLetter},
    {0x10D6F, 0x10D85, WordCharacter::kLetter}, {0x10EC2, 0x10EC4, WordCharacter::kLetter},
    {0x11380, 0x11389, WordCharacter::kLetter}, {0x1138B, 0x1138B, WordCharacter::kLetter},
    {0x1138E, 0x1138E, WordCharacter::kLetter}, {0x11390, 0x113B5, WordCharacter::kLetter},
    {0x113B7, 0x113B7, WordCharacter::kLetter}, {0x113D1, 0x113D1, WordCharacter::kLetter},
    {0x113D3, 0x113D3, WordCharacter::kLetter}, {0x116D0, 0x116E3, WordCharacter::kNumber},
    {0x11BC0, 0x11BE0, WordCharacter::kLetter}, {0x11BF0, 0x11BF9, WordCharacter::kNumber},
    {0x13460, 0x143FA, WordCharacter::kLetter}, {0x16100, 0x1611D, WordCharacter::kLetter},
    {0x16130, 0x16139, WordCharacter::kNumber}, {0x16D40, 0x16D6C, WordCharacter::kLetter},
    {0x16D70, 0x16D79, WordCharacter::kNumber}, {0x18CFF, 0x18CFF, WordCharacter::kLetter},
    {0x1CCF0, 0x1CCF9, WordCharacter::kNumber}, {0x1E5D0, 0x1E5ED, WordCharacter::kLetter},
    {0x1E5F0, 0x1E5F0, WordCharacter::kLetter}, {0x1E5F1, 0x1E5FA, WordCharacter::kNumber},
    {0x2EBF0, 0x2EE5D, WordCharacter::kLetter}};

template <size_t N>
size_t decompose_into(char32_t c, char32_t (&into)[N], int options) {
  utf8proc_int32_t buffer[N];
  int last_boundary = 0;
  auto size = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), buffer, N,
                                      static_cast<utf8proc_option_t>(options), &last_boundary);
  if (size <= 0 || size > static_cast<utf8proc_ssize_t>(N)) {
    into[0] = c;  // The longest have 4 and 18 code points: not reached.
    return 1;
  }
  std::copy(buffer, buffer + size, into);
  return static_cast<size_t>(size);
}

}  // namespace

char32_t next_code_point(std::string_view text, size_t& at) {
  utf8proc_int32_t c = -1;
  auto left = static_cast<utf8proc_ssize_t>(text.size() - at);
  auto size =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at, left, &c);
  if (size <= 0) {
    ++at;
    return 0xFFFD;
  }
  at += static_cast<size_t>(size);
  return static_cast<char32_t>(c);
}

void append_utf8(std::string& text, char32_t c) {
  utf8proc_uint8_t bytes[4];
  auto size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
}

size_t code_points(std::string_view text) {
  auto begins = [](char c) { return (c & 0xC0) != 0x80; };
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), begins));
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();)
    width += static_cast<size_t>(
        std::max(0, utf8proc_charwidth(static_cast<utf8proc_int32_t>(next_code_point(text, at)))));
  return width;
}

CharacterClass character_class(char32_t c) {
  auto* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(c));
  auto category = property->category;
  CharacterClass found;
  found.other = category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
                category == UTF8PROC_CATEGORY_CO;
  found.punctuation = category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
  found.nonspacing_mark = category == UTF8PROC_CATEGORY_MN;
  if ((found.other || found.punctuation || found.nonspacing_mark) && is_younger(c)) found = {};
  found.combining_class = static_cast<uint8_t>(property->combining_class);
  return found;
}

WordCharacter word_character(char32_t c) {
  auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO)
    return WordCharacter::kLetter;
  if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO)
    return WordCharacter::kNumber;
  if (is_white_space(c)) return WordCharacter::kSpace;
  if (category != UTF8PROC_CATEGORY_CN) return WordCharacter::kOther;
  for (auto& range : kYoungWords)
    if (c >= range.first && c <= range.last) return range.is;
  return WordCharacter::kOther;
}

bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

size_t decompose(char32_t c, char32_t (&into)[kMaxDecomposed]) {
  return decompose_into(c, into, UTF8PROC_DECOMPOSE);
}

size_t decompose_compatible(char32_t c, char32_t (&into)[kMaxCompatible]) {
  return decompose_into(c, into, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
}

bool is_digit(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ND;
}

bool is_cased(char32_t c) {
  auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL ||
         category == UTF8PROC_CATEGORY_LT;
}

char32_t to_lower(char32_t c) {
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

}  // namespace mma
