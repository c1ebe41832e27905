#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mma {

/// Whether this is UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool valid_utf8(std::string_view text);

/// Appends one code point, a surrogate as Python's "surrogatepass" would (valid_utf8 refuses it).
void append_utf8(std::string& text, uint32_t code);

/// Text from outside made fit for a terminal: control characters (also U+0080 to U+009F), line
/// separators and the marks that turn the direction of writing are shown as \x1b or \u202e, bytes
/// that are no UTF-8 as \xff; all else stays.
std::string escape_controls(std::string_view text);

/// Text that was UTF-8, was read as Latin-1 or Windows-1252, and was written as UTF-8 again
/// ("cafÃ©"): the text that was meant ("café"). None where a character stands for no byte, or
/// the bytes are no UTF-8, or are plain ASCII: then the text was right as it is.
std::optional<std::string> utf8_from_mojibake(std::string_view text);

}  // namespace mma
