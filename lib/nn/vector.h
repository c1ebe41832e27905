#pragma once
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/vectorized.h"

namespace mma {

/// 16 floats side by side, in GCC's and clang's vector extension: the compiler makes of it what the
/// instruction set has.
using Vec = float __attribute__((vector_size(64)));
using VecBits = uint32_t __attribute__((vector_size(64)));
using VecHalf = uint16_t __attribute__((vector_size(32)));
constexpr int64_t kLanes = 16;

/// A bfloat16 in memory: the upper half of a float.
struct BFloat16 {
  uint16_t bits;
};

// Selects lane by lane: a where the condition holds (all bits set), else b.
MMA_INLINE Vec select(VecBits condition, const Vec& a, const Vec& b) {
  return reinterpret_cast<Vec>((reinterpret_cast<VecBits>(a) & condition) |
                               (reinterpret_cast<VecBits>(b) & ~condition));
}
MMA_INLINE Vec broadcast(float x) { return Vec{} + x; }

MMA_INLINE Vec load(const float* p) {
  Vec v;
  std::memcpy(&v, p, sizeof(v));
  return v;
}
MMA_INLINE Vec load(const BFloat16* p) {
  VecHalf half;
  std::memcpy(&half, p, sizeof(half));
  return reinterpret_cast<Vec>(__builtin_convertvector(half, VecBits) << 16);
}
MMA_INLINE void store(float* p, const Vec& v) { std::memcpy(p, &v, sizeof(v)); }
/// Rounds to the nearest, ties to even; NaN stays NaN.
MMA_INLINE void store(BFloat16* p, const Vec& v) {
  auto bits = reinterpret_cast<VecBits>(v);
  auto rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  auto is_nan = reinterpret_cast<VecBits>(v != v);
  rounded = (rounded & ~is_nan) | (0x7fc0 & is_nan);
  auto half = __builtin_convertvector(rounded, VecHalf);
  std::memcpy(p, &half, sizeof(half));
}

/// The same for the last `n` < 16 numbers of a row; those that are not there are 0.
template <class Number>
MMA_INLINE Vec load(const Number* p, int64_t n) {
  Number buffer[kLanes] = {};
  std::memcpy(buffer, p, static_cast<size_t>(n) * sizeof(Number));
  return load(buffer);
}
template <class Number>
MMA_INLINE void store(Number* p, const Vec& v, int64_t n) {
  Number buffer[kLanes];
  store(buffer, v);
  std::memcpy(p, buffer, static_cast<size_t>(n) * sizeof(Number));
}

/// body(i, n) for each piece of 0 .. count-1: n = 16, and what is left at the end.
#define MMA_FOR_EACH_VEC(i, n, count)                                                      \
  for (int64_t i = 0, n = 0; i < (count) && (n = (count)-i < kLanes ? (count)-i : kLanes); \
       i += kLanes)

/// Loads and stores n <= 16 numbers.
template <class Number>
MMA_INLINE Vec load_some(const Number* p, int64_t n) {
  return n == kLanes ? load(p) : load(p, n);
}
template <class Number>
MMA_INLINE void store_some(Number* p, const Vec& v, int64_t n) {
  n == kLanes ? store(p, v) : store(p, v, n);
}

/// Lanes from n on are `rest`.
MMA_INLINE Vec first_lanes(const Vec& v, int64_t n, float rest) {
  constexpr VecBits kLane{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return select(reinterpret_cast<VecBits>(kLane < static_cast<uint32_t>(n)), v, broadcast(rest));
}

MMA_INLINE float sum(const Vec& v) {
  float total = 0;
  for (int i = 0; i < kLanes; ++i) total += v[i];
  return total;
}
MMA_INLINE Vec max(const Vec& a, const Vec& b) {
  return select(reinterpret_cast<VecBits>(a > b), a, b);
}
/// NaN stays NaN.
MMA_INLINE Vec clamp(const Vec& x, float low, float high) {
  auto cut = select(reinterpret_cast<VecBits>(x > high), broadcast(high), x);
  return select(reinterpret_cast<VecBits>(cut < low), broadcast(low), cut);
}

// For pairs of rows that lie S apart: the upper one's lanes without bit S and the lower one's, each
// in its place after blocks of S x S numbers changed sides.
template <int S, bool kLower, int... lane>
MMA_INLINE Vec exchanged(const Vec& a, const Vec& b, std::integer_sequence<int, lane...>) {
  return __builtin_shufflevector(
      a, b,
      (kLower ? ((lane & S) ? 16 + lane : lane + S) : ((lane & S) ? 16 + lane - S : lane))...);
}
template <int S>
MMA_INLINE void exchange_blocks(Vec rows[kLanes]) {
  constexpr auto kLane = std::make_integer_sequence<int, 16>();
  for (int i = 0; i < kLanes; ++i) {
    if (i & S) continue;
    auto a = rows[i], b = rows[i + S];
    rows[i] = exchanged<S, false>(a, b, kLane);
    rows[i + S] = exchanged<S, true>(a, b, kLane);
  }
}
/// 16 x 16 numbers, rows to columns.
MMA_INLINE void transpose(Vec rows[kLanes]) {
  exchange_blocks<8>(rows);
  exchange_blocks<4>(rows);
  exchange_blocks<2>(rows);
  exchange_blocks<1>(rows);
}

/// e^x to 2 units in the last place, 0 below -87.3 and large above 88.3 (Cephes' expf: x = n ln 2 +
/// r, and a polynomial in r). NaN stays NaN.
MMA_INLINE Vec exp(const Vec& x) {
  auto clamped = clamp(x, -87.3f, 88.3f);
  const float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  Vec shifted = clamped * 1.44269504f + kRound;
  Vec n = shifted - kRound;
  Vec r = clamped - n * 0.693359375f + n * 2.12194440e-4f;
  Vec p = broadcast(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  auto exponent = (reinterpret_cast<VecBits>(shifted) + 127) << 23;
  return select(reinterpret_cast<VecBits>(x < -87.3f), Vec{}, p * reinterpret_cast<Vec>(exponent));
}

/// The error function to 3e-7: a rational function of odd degree 13 over degree 8 on [-4, 4], as in
/// Eigen and XLA, and exactly 1 and -1 beyond.
MMA_INLINE Vec erf(const Vec& x) {
  auto c = clamp(x, -4, 4);
  auto s = c * c;
  Vec p = broadcast(-2.72614225801306e-10f);
  p = p * s + 2.77068142495902e-08f;
  p = p * s - 2.10102402082508e-06f;
  p = p * s - 5.69250639462346e-05f;
  p = p * s - 7.34990630326855e-04f;
  p = p * s - 2.95459980854025e-03f;
  p = p * s - 1.60960333262415e-02f;
  Vec q = broadcast(-1.45660718464996e-05f);
  q = q * s - 2.13374055278905e-04f;
  q = q * s - 1.68282697438203e-03f;
  q = q * s - 7.37332916720468e-03f;
  q = q * s - 1.42647390514189e-02f;
  auto inside = c * p / q;
  auto above = select(reinterpret_cast<VecBits>(x >= 4.0f), broadcast(1), inside);
  return select(reinterpret_cast<VecBits>(x <= -4.0f), broadcast(-1), above);
}

}  // namespace mma
