#include "base/pickle_text.h"

#include <cstdint>

#include "base/utf8.h"

namespace mma {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The number of `count` hexadecimal digits at the front of `text`, or -1.
int64_t hex_number(std::string_view text, size_t count) {
  if (text.size() < count) return -1;
  int64_t value = 0;
  for (size_t i = 0; i < count; ++i) {
    int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

}  // namespace

bool decode_repr(std::string_view in, std::string& out) {
  static constexpr std::string_view kNames = "\\'\"abtnvfr";
  static constexpr std::string_view kMeant = "\\'\"\a\b\t\n\v\f\r";
  out.reserve(in.size());
  for (size_t i = 0; i < in.size(); ++i) {
    if (in[i] != '\\') {
      out += in[i];
      continue;
    }
    if (++i == in.size()) return false;
    if (auto known = kNames.find(in[i]); known != std::string_view::npos) {
      out += kMeant[known];
      continue;
    }
    auto code = in[i] == 'x' ? hex_number(in.substr(i + 1), 2) : -1;
    if (code < 0) return false;
    out += static_cast<char>(code);
    i += 2;
  }
  return true;
}

bool decode_raw_unicode(std::string_view in, std::string& out) {
  out.reserve(in.size() * 2);
  for (size_t i = 0; i < in.size(); ++i) {
    size_t digits = 0;
    if (in[i] == '\\' && i + 1 < in.size())
      digits = in[i + 1] == 'u' ? 4 : in[i + 1] == 'U' ? 8 : 0;
    if (digits == 0) {
      append_utf8(out, static_cast<unsigned char>(in[i]));
      continue;
    }
    auto code = hex_number(in.substr(i + 2), digits);
    if (code < 0 || code > 0x10ffff) return false;
    append_utf8(out, static_cast<uint32_t>(code));
    i += 1 + digits;
  }
  return true;
}

// Numpy's protocol 2 pickles hold their megabytes so, and half of the characters
// are of two bytes: a branch on each would be guessed wrong every other time. So each byte is
// written where the next character belongs, and a first byte of two is overwritten by its second.
bool latin1_from_utf8(std::string_view in, std::string& out) {
  out.resize(in.size());
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  size_t n = 0;
  unsigned bad = 0, before = 0, led = 0;
  for (char c : in) {
    unsigned byte = static_cast<unsigned char>(c);
    unsigned follows = (byte & 0xc0) == 0x80, leads = (byte & 0xfe) == 0xc2;
    bad |= (follows ^ led) | (byte >> 7 & ~(follows | leads));
    to[n] = static_cast<unsigned char>(byte | (before << 6 & (0u - follows)));
    n += 1 - leads;
    before = byte;
    led = leads;
  }
  out.resize(n);
  return (bad | led) == 0;
}

}  // namespace mma
