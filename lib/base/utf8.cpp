#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace mma {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

// The code point at `at`, which moves behind it; kNone where the bytes are no UTF-8.
uint32_t next_code(std::string_view text, size_t& at) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  uint32_t first = byte(at);
  if (first < 0x80) {
    ++at;
    return first;
  }
  size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  static constexpr std::array<uint32_t, 4> kLeast = {0, 0x80, 0x800, 0x10000};
  if (first < 0xc2 || first > 0xf4 || text.size() - at <= more) return kNone;
  uint32_t code = first & (0x3f >> more);
  for (size_t i = 1; i <= more; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return kNone;
    code = code << 6 | (byte(at + i) & 0x3f);
  }
  bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast[more] || code > 0x10ffff || surrogate) return kNone;
  at += more + 1;
  return code;
}

// What Windows-1252 has at 0x80 to 0x9f; 0 where it has nothing.
constexpr std::array<uint32_t, 32> kWindows1252 = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

// The byte that Latin-1 or Windows-1252 shows as this character, or kNone.
uint32_t byte_shown_as(uint32_t code) {
  if (code < 0x100) return code;
  auto it = std::find(kWindows1252.begin(), kWindows1252.end(), code);
  return it == kWindows1252.end() ? kNone : 0x80 + static_cast<uint32_t>(it - kWindows1252.begin());
}

// What a terminal obeys instead of showing it, or shows as another text than it is.
bool is_control(uint32_t code) {
  bool c0_or_c1 = code < 0x20 || (code >= 0x7f && code < 0xa0);
  bool separator = code == 0x2028 || code == 0x2029;
  bool turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return c0_or_c1 || separator || turns;
}

}  // namespace

bool valid_utf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    uint64_t eight;
    while (at + 8 <= text.size()) {  // most text is ASCII
      std::memcpy(&eight, text.data() + at, 8);
      if (eight & 0x8080808080808080u) break;
      at += 8;
    }
    if (at < text.size() && next_code(text, at) == kNone) return false;
  }
  return true;
}

std::string escape_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    auto start = at;
    auto code = next_code(text, at);
    if (code == kNone) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at++]));
    } else if (is_control(code)) {
      out += code < 0x100 ? fmt::format("\\x{:02x}", code) : fmt::format("\\u{:04x}", code);
    } else {
      out.append(text.substr(start, at - start));
    }
  }
  return out;
}

void append_utf8(std::string& text, uint32_t code) {
  auto add = [&](uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | code >> 6);
    add(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    add(0xe0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3f));
    add(0x80 | (code & 0x3f));
  } else {
    add(0xf0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3f));
    add(0x80 | (code >> 6 & 0x3f));
    add(0x80 | (code & 0x3f));
  }
}

std::optional<std::string> utf8_from_mojibake(std::string_view text) {
  std::string bytes;
  bool ascii = true;
  for (size_t at = 0; at < text.size();) {
    auto code = next_code(text, at);
    if (code == kNone) return std::nullopt;
    auto byte = byte_shown_as(code);
    if (byte == kNone) return std::nullopt;
    ascii &= byte < 0x80;
    bytes += static_cast<char>(byte);
  }
  if (ascii || !valid_utf8(bytes)) return std::nullopt;
  return bytes;
}

}  // namespace mma
