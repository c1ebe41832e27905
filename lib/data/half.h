#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

namespace mma {

/// An IEEE 754 half precision number: 1 sign, 5 exponent, 10 fraction bits.
struct Half {
  uint16_t bits;
  /// Without a branch, so that loops over it are vectorised: the exponent is shifted into place and
  /// corrected by a multiplication, which also gets subnormal numbers right.
  explicit operator float() const {
    uint32_t wide = static_cast<uint32_t>(bits & 0x7fff) << 13;
    float value = std::bit_cast<float>(wide) * 0x1p112f;
    uint32_t infinite = (bits & 0x7c00) == 0x7c00 ? 0x7f800000u : 0;
    uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
    return std::bit_cast<float>(std::bit_cast<uint32_t>(value) | infinite | sign);
  }
  explicit operator double() const { return static_cast<float>(*this); }
  bool finite() const { return (bits & 0x7c00) != 0x7c00; }
};

/// The nearest half, of two as near the even one; from 65520 on infinity.
inline Half to_half(float value) {
  const auto all = std::bit_cast<uint32_t>(value);
  const auto sign = static_cast<uint16_t>(all >> 16 & 0x8000);
  const uint32_t x = all & 0x7fffffff;
  uint32_t bits;
  if (x > 0x7f800000) {
    bits = 0x7e00;  // no number
  } else if (x >= std::bit_cast<uint32_t>(65520.0f)) {
    bits = 0x7c00;
  } else if (x < std::bit_cast<uint32_t>(0x1p-14f)) {
    // Subnormal, in steps of 2^-24, as the numbers from 1/2 to 1 are: the sum rounds.
    bits = std::bit_cast<uint32_t>(std::bit_cast<float>(x) + 0.5f) - std::bit_cast<uint32_t>(0.5f);
  } else {
    const uint32_t odd = x >> 13 & 1;  // 13 bits go: half of their step, less where already even
    bits = (x - (112u << 23) + 0xfff + odd) >> 13;
  }
  return {static_cast<uint16_t>(sign | bits)};
}

}  // namespace mma
