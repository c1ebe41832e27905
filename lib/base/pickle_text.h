#pragma once
#include <string>
#include <string_view>

namespace mma {

// The ways in which pickles write text and bytes. Each fills `out` and returns false where `in` is
// not written so.

/// Python's repr of a string, without its quotes: a\n\x00.
bool decode_repr(std::string_view in, std::string& out);
/// Python's raw-unicode-escape (Latin-1 but for \uXXXX and \UXXXXXXXX) to UTF-8.
bool decode_raw_unicode(std::string_view in, std::string& out);
/// UTF-8 of characters up to U+00FF to a byte each.
bool latin1_from_utf8(std::string_view in, std::string& out);

}  // namespace mma
