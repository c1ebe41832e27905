#pragma once
#include <cstdint>

#include "nn/vector.h"

namespace mma {

/// c (+)= a b for Rows rows and Vecs registers of columns; a's numbers lie a_row and a_column
/// apart.
template <class Vec, int Rows, int Vecs>
MMA_INLINE void multiply_tile(int64_t depth, const float* a, int64_t a_row, int64_t a_column,
                              const float* b, int64_t b_row, float* c, int64_t c_row, bool add) {
  constexpr int64_t kWidth = kLanes<Vec>;
  Vec sums[Rows][Vecs];
  for (int i = 0; i < Rows; ++i)
    for (int v = 0; v < Vecs; ++v) sums[i][v] = add ? load<Vec>(c + i * c_row + v * kWidth) : Vec{};
  for (int64_t k = 0; k < depth; ++k) {
    Vec row[Vecs];
    for (int v = 0; v < Vecs; ++v) row[v] = load<Vec>(b + k * b_row + v * kWidth);
    for (int i = 0; i < Rows; ++i)
      for (int v = 0; v < Vecs; ++v) sums[i][v] += a[i * a_row + k * a_column] * row[v];
  }
  for (int i = 0; i < Rows; ++i)
    for (int v = 0; v < Vecs; ++v) store(c + i * c_row + v * kWidth, sums[i][v]);
}

template <class Vec, int Rows>
MMA_INLINE void multiply_block(int64_t n, int64_t depth, const float* a, int64_t a_row,
                               int64_t a_column, const float* b, int64_t b_row, float* c,
                               int64_t c_row, bool add) {
  constexpr int64_t kWidth = 2 * kLanes<Vec>;
  int64_t j = 0;
  for (; j + kWidth <= n; j += kWidth)
    multiply_tile<Vec, Rows, 2>(depth, a, a_row, a_column, b + j, b_row, c + j, c_row, add);
  if (j < n)
    multiply_tile<Vec, Rows, 1>(depth, a, a_row, a_column, b + j, b_row, c + j, c_row, add);
}

/// c [m, n] = a [m, depth] b [depth, n], or added to it; n in whole Vecs. For matrices that fit the
/// cache: tiles of two registers of columns and as many rows as keep the multipliers busy, four of
/// AVX-512's 32 registers and six of the 16 of others.
template <class Vec>
MMA_INLINE void multiply(int64_t m, int64_t n, int64_t depth, const float* a, int64_t a_row,
                         int64_t a_column, const float* b, int64_t b_row, float* c, int64_t c_row,
                         bool add) {
  constexpr int kRows = kLanes<Vec> == 16 ? 4 : 6;
  int64_t i = 0;
  for (; i + kRows <= m; i += kRows)
    multiply_block<Vec, kRows>(n, depth, a + i * a_row, a_row, a_column, b, b_row, c + i * c_row,
                               c_row, add);
  for (; m - i >= 2; i += 2)
    multiply_block<Vec, 2>(n, depth, a + i * a_row, a_row, a_column, b, b_row, c + i * c_row, c_row,
                           add);
  if (i < m)
    multiply_block<Vec, 1>(n, depth, a + i * a_row, a_row, a_column, b, b_row, c + i * c_row, c_row,
                           add);
}

}  // namespace mma
