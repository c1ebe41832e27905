#pragma once
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/vectorized.h"

namespace mma {

/// Floats side by side and their bits, in GCC's and clang's vector extension.
template <int lanes>
struct Vectors {
  typedef float Floats __attribute__((vector_size(4 * lanes)));
  typedef uint32_t Bits __attribute__((vector_size(4 * lanes)));
  typedef uint16_t Halves __attribute__((vector_size(2 * lanes)));
};
/// A register of an instruction set (base/vectorized.h): what the kernels call Vec.
template <class Set>
using VecOf = typename Vectors<Set::kFloats>::Floats;
constexpr int64_t kWidest = 16;  // of all sets
template <class Vec>
constexpr int64_t kLanes = sizeof(Vec) / sizeof(float);
template <class Vec>
using BitsOf = typename Vectors<kLanes<Vec>>::Bits;
template <class Vec>
using HalvesOf = typename Vectors<kLanes<Vec>>::Halves;

/// A bfloat16 in memory: the upper half of a float.
struct BFloat16 {
  uint16_t bits;
};

// Selects lane by lane: a where the condition holds (all bits set), else b.
template <class Vec>
MMA_INLINE Vec select(const BitsOf<Vec>& condition, const Vec& a, const Vec& b) {
  using Bits = BitsOf<Vec>;
  return reinterpret_cast<Vec>((reinterpret_cast<Bits>(a) & condition) |
                               (reinterpret_cast<Bits>(b) & ~condition));
}
template <class Vec>
MMA_INLINE Vec broadcast(float x) {
  return Vec{} + x;
}

template <class Vec>
MMA_INLINE Vec load(const float* p) {
  Vec v;
  std::memcpy(&v, p, sizeof(v));
  return v;
}
template <class Vec>
MMA_INLINE Vec load(const BFloat16* p) {
  HalvesOf<Vec> half;
  std::memcpy(&half, p, sizeof(half));
  return reinterpret_cast<Vec>(__builtin_convertvector(half, BitsOf<Vec>) << 16);
}
template <class Vec>
MMA_INLINE void store(float* p, const Vec& v) {
  std::memcpy(p, &v, sizeof(v));
}
/// Rounds to the nearest, ties to even; NaN stays NaN.
template <class Vec>
MMA_INLINE void store(BFloat16* p, const Vec& v) {
  using Bits = BitsOf<Vec>;
  auto bits = reinterpret_cast<Bits>(v);
  Bits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  auto is_nan = reinterpret_cast<Bits>(v != v);
  rounded = (rounded & ~is_nan) | (0x7fc0 & is_nan);
  auto half = __builtin_convertvector(rounded, HalvesOf<Vec>);
  std::memcpy(p, &half, sizeof(half));
}

/// The same for the last `n` < kLanes numbers of a row; those that are not there are 0.
template <class Vec, class Number>
MMA_INLINE Vec load(const Number* p, int64_t n) {
  Number buffer[kLanes<Vec>] = {};
  std::memcpy(buffer, p, static_cast<size_t>(n) * sizeof(Number));
  return load<Vec>(buffer);
}
template <class Number, class Vec>
MMA_INLINE void store(Number* p, const Vec& v, int64_t n) {
  Number buffer[kLanes<Vec>];
  store(buffer, v);
  std::memcpy(p, buffer, static_cast<size_t>(n) * sizeof(Number));
}

/// body(i, n) for each piece of 0 .. count-1: n = kLanes<Vec>, and what is left at the end.
#define MMA_FOR_EACH_VEC(i, n, count) \
  for (int64_t i = 0, n = 0;          \
       i < (count) && (n = (count)-i < kLanes<Vec> ? (count)-i : kLanes<Vec>); i += kLanes<Vec>)

/// body(i, n, part) for the same pieces, part being 0 or 1 in turn where registers are small: sums
/// in two parts, since in one each addition would wait for the one before.
template <class Vec, class Body>
MMA_INLINE void for_each_vec(int64_t count, const Body& body) {
  constexpr int64_t kWidth = kLanes<Vec>;
  int64_t i = 0;
  if constexpr (kWidth < kWidest) {
    for (; i + 2 * kWidth <= count; i += 2 * kWidth) {
      body(i, kWidth, 0);
      body(i + kWidth, kWidth, 1);
    }
  }
  for (; i < count; i += kWidth) body(i, count - i < kWidth ? count - i : kWidth, 0);
}
/// For the body: a lambda that is part of the kernel.
#define MMA_INLINE_BODY __attribute__((always_inline))

/// Loads and stores n <= kLanes numbers.
template <class Vec, class Number>
MMA_INLINE Vec load_some(const Number* p, int64_t n) {
  return n == kLanes<Vec> ? load<Vec>(p) : load<Vec>(p, n);
}
template <class Number, class Vec>
MMA_INLINE void store_some(Number* p, const Vec& v, int64_t n) {
  n == kLanes<Vec> ? store(p, v) : store(p, v, n);
}

constexpr uint32_t kLaneNumbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/// Lanes from n on are `rest`.
template <class Vec>
MMA_INLINE Vec first_lanes(const Vec& v, int64_t n, float rest) {
  BitsOf<Vec> lane;
  std::memcpy(&lane, kLaneNumbers, sizeof(lane));
  auto there = reinterpret_cast<BitsOf<Vec>>(lane < static_cast<uint32_t>(n));
  return select(there, v, broadcast<Vec>(rest));
}

template <class Vec>
MMA_INLINE float sum(const Vec& v) {
  float total = 0;
  for (int i = 0; i < kLanes<Vec>; ++i) total += v[i];
  return total;
}
template <class Vec>
MMA_INLINE Vec max(const Vec& a, const Vec& b) {
  return select(reinterpret_cast<BitsOf<Vec>>(a > b), a, b);
}
// For pairs of rows that lie S apart: the upper one's lanes without bit S and the lower one's, each
// in its place after blocks of S x S numbers changed sides.
template <int S, bool kLower, class Vec, int... lane>
MMA_INLINE Vec exchanged(const Vec& a, const Vec& b, std::integer_sequence<int, lane...>) {
  constexpr int kOther = kLanes<Vec>;
  return __builtin_shufflevector(a, b,
                                 (kLower ? ((lane & S) ? kOther + lane : lane + S)
                                         : ((lane & S) ? kOther + lane - S : lane))...);
}
template <int S, class Vec>
MMA_INLINE void exchange_blocks(Vec* rows) {
  constexpr auto kLane = std::make_integer_sequence<int, kLanes<Vec>>();
  for (int i = 0; i < kLanes<Vec>; ++i) {
    if (i & S) continue;
    auto a = rows[i], b = rows[i + S];
    rows[i] = exchanged<S, false>(a, b, kLane);
    rows[i + S] = exchanged<S, true>(a, b, kLane);
  }
}
/// kLanes x kLanes numbers, rows to columns.
template <class Vec>
MMA_INLINE void transpose(Vec* rows) {
  if constexpr (kLanes < Vec >> 8) exchange_blocks<8>(rows);
  if constexpr (kLanes < Vec >> 4) exchange_blocks<4>(rows);
  exchange_blocks<2>(rows);
  exchange_blocks<1>(rows);
}

// The limits of exp and erf cost one selection each: a second and third, for arguments whose
// results are thrown away, took a third of GELU's time where registers are small.

/// e^x to 2 units in the last place, 0 below -87.3 and large above 88.3 (Cephes' expf: x = n ln 2 +
/// r, and a polynomial in r). NaN stays NaN.
template <class Vec>
MMA_INLINE Vec exp(const Vec& x) {
  using Bits = BitsOf<Vec>;
  auto bounded = select(reinterpret_cast<Bits>(x > 88.3f), broadcast<Vec>(88.3f), x);
  const float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  Vec shifted = bounded * 1.44269504f + kRound;
  Vec n = shifted - kRound;
  Vec r = bounded - n * 0.693359375f + n * 2.12194440e-4f;
  Vec p = broadcast<Vec>(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  auto exponent = (reinterpret_cast<Bits>(shifted) + 127) << 23;
  auto value = reinterpret_cast<Bits>(p * reinterpret_cast<Vec>(exponent));
  return reinterpret_cast<Vec>(value & ~reinterpret_cast<Bits>(x < -87.3f));
}

/// The error function to 3e-7: a rational function of odd degree 13 over degree 8 on [-4, 4], as in
/// Eigen and XLA, and exactly 1 and -1 beyond. NaN stays NaN.
template <class Vec>
MMA_INLINE Vec erf(const Vec& x) {
  using Bits = BitsOf<Vec>;
  auto s = x * x;
  Vec p = broadcast<Vec>(-2.72614225801306e-10f);
  p = p * s + 2.77068142495902e-08f;
  p = p * s - 2.10102402082508e-06f;
  p = p * s - 5.69250639462346e-05f;
  p = p * s - 7.34990630326855e-04f;
  p = p * s - 2.95459980854025e-03f;
  p = p * s - 1.60960333262415e-02f;
  Vec q = broadcast<Vec>(-1.45660718464996e-05f);
  q = q * s - 2.13374055278905e-04f;
  q = q * s - 1.68282697438203e-03f;
  q = q * s - 7.37332916720468e-03f;
  q = q * s - 1.42647390514189e-02f;
  const uint32_t kSign = 0x80000000, kOne = 0x3f800000;
  auto beyond = reinterpret_cast<Vec>((reinterpret_cast<Bits>(x) & kSign) | kOne);
  return select(reinterpret_cast<Bits>(s >= 16.0f), beyond, x * p / q);
}

}  // namespace mma
