#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "nn/attention.h"
#include "nn/dropout.h"
#include "nn/small_product.h"

// The kernels of nn/attention.cpp: one head of one sample in the cache.
namespace mma {

template <class Vec>
constexpr int64_t whole_vecs(int64_t n) {
  return (n + kLanes<Vec> - 1) / kLanes<Vec> * kLanes<Vec>;
}
// Widths of the working matrices: whole registers of any set, and one more so that rows do not lie
// a power of two apart, which would send them to the same places of the cache.
constexpr int64_t padded(int64_t n) { return (n + kWidest - 1) / kWidest * kWidest + kWidest; }

// One head of one sample. Matrices are seen as rows `*_row` numbers apart.
template <class Number>
struct AttentionHead {
  const Number *q, *k, *v;
  int64_t q_row, kv_row;
  int64_t queries, keys, width;  // M, T, d
  float scale;
  float* softmax;  // [M, 2] each row's maximum and 1 / sum, which make the softmax again
  DropoutMask mask;
  int64_t sample, head, heads;
  // The mask's factors for `rows` queries from a block's first one on, [rows, keys].
  void factors(int64_t begin, int64_t rows, float* out) const {
    mask.factors(sample, attention_unit(begin, head, heads), rows * keys, out);
  }
};
template <class Number>
struct AttentionHeadGradients {
  const Number* out;
  Number *q, *k, *v;
  int64_t out_row;
};

template <class Vec, class Number>
MMA_INLINE void copy_rows(const Number* from, int64_t from_row, int64_t rows, int64_t width,
                          float scale, float* to, int64_t to_row) {
  for (int64_t t = 0; t < rows; ++t) MMA_FOR_EACH_VEC(i, n, width) {
      store(to + t * to_row + i, load_some<Vec>(from + t * from_row + i, n) * scale);
    }
}

// Past the last row: 0, to whole Vecs.
template <class Vec, class Number>
MMA_INLINE void copy_transposed(const Number* from, int64_t from_row, int64_t rows, int64_t width,
                                float* to, int64_t to_row) {
  for (int64_t t = 0; t < rows; t += kLanes<Vec>) MMA_FOR_EACH_VEC(i, n, width) {
      Vec tile[kLanes<Vec>];
      for (int64_t j = 0; j < kLanes<Vec>; ++j)
        tile[j] = t + j < rows ? load_some<Vec>(from + (t + j) * from_row + i, n) : Vec{};
      transpose(tile);
      for (int64_t j = 0; j < n; ++j) store(to + (i + j) * to_row + t, tile[j]);
    }
}

template <class Vec, class Number>
MMA_INLINE void write_rows(const float* from, int64_t from_row, int64_t rows, int64_t width,
                           float scale, Number* to, int64_t to_row) {
  for (int64_t t = 0; t < rows; ++t) MMA_FOR_EACH_VEC(i, n, width) {
      store_some(to + t * to_row + i, load<Vec>(from + t * from_row + i) * scale, n);
    }
}

template <class Vec>
MMA_INLINE float largest(const float* row, int64_t n) {
  auto top = broadcast<Vec>(-std::numeric_limits<float>::infinity());
  MMA_FOR_EACH_VEC(j, k, n) { top = max(first_lanes(load<Vec>(row + j), k, top[0]), top); }
  float found = top[0];
  for (int i = 1; i < kLanes<Vec>; ++i) found = top[i] > found ? top[i] : found;
  return found;
}

// row = exp(row - maximum), 0 beyond n; returns the sum.
template <class Vec>
MMA_INLINE float exponentials(float* row, int64_t n, float maximum) {
  Vec total{};
  MMA_FOR_EACH_VEC(j, k, n) {
    auto e = first_lanes(exp(load<Vec>(row + j) - maximum), k, 0);
    store(row + j, e);
    total += e;
  }
  return sum(total);
}

// Working space of one thread, made once for the longest sample.
struct AttentionWorkspace {
  AttentionWorkspace(int64_t longest, int64_t width) {
    const int64_t t = padded(longest), d = padded(width);
    keys = take(longest * d), keys_t = take(width * t), values = take(longest * d),
    values_t = take(width * t), queries = take(kQueryBlock * d), out = take(kQueryBlock * d),
    weights = take(kQueryBlock * t), dropped = take(kQueryBlock * t),
    d_weights = take(kQueryBlock * t), factors = take(kQueryBlock * longest + kWidest),
    d_keys = take(longest * d), d_values = take(longest * d), d_queries = take(kQueryBlock * d);
    numbers.resize(static_cast<size_t>(size));
  }
  float* at(int64_t place) { return numbers.data() + place; }
  int64_t keys, keys_t, values, values_t, queries, out, weights, dropped, d_weights, factors,
      d_keys, d_values, d_queries;

 private:
  int64_t take(int64_t n) { return std::exchange(size, size + n); }
  int64_t size = 0;
  std::vector<float> numbers;
};

// out = (mask softmax(scale q k^T)) v
struct AttentionForward {
  template <class Set, class Number>
  static MMA_INLINE void run(const AttentionHead<Number>& h, Number* out, int64_t out_row,
                             AttentionWorkspace& w) {
    using Vec = VecOf<Set>;
    const int64_t t_row = padded(h.keys), d_row = padded(h.width);
    auto *keys = w.at(w.keys_t), *values = w.at(w.values), *queries = w.at(w.queries),
         *weights = w.at(w.weights), *mixed = w.at(w.out);
    copy_transposed<Vec>(h.k, h.kv_row, h.keys, h.width, keys, t_row);
    copy_rows<Vec>(h.v, h.kv_row, h.keys, h.width, 1, values, d_row);
    for (int64_t begin = 0; begin < h.queries; begin += kQueryBlock) {
      const int64_t rows = std::min(kQueryBlock, h.queries - begin);
      copy_rows<Vec>(h.q + begin * h.q_row, h.q_row, rows, h.width, h.scale, queries, d_row);
      multiply<Vec>(rows, whole_vecs<Vec>(h.keys), h.width, queries, d_row, 1, keys, t_row, weights,
                    t_row, false);
      auto* factors = w.at(w.factors);
      if (h.mask.active()) h.factors(begin, rows, factors);
      for (int64_t i = 0; i < rows; ++i) {
        auto* row = weights + i * t_row;
        float top = largest<Vec>(row, h.keys);
        float inverse = 1 / exponentials<Vec>(row, h.keys, top);
        h.softmax[2 * (begin + i)] = top;
        h.softmax[2 * (begin + i) + 1] = inverse;
        MMA_FOR_EACH_VEC(j, n, h.keys) {
          auto p = load<Vec>(row + j) * inverse;
          if (h.mask.active()) p *= load<Vec>(factors + i * h.keys + j);  // past the end 0 stays 0
          store(row + j, p);
        }
      }
      multiply<Vec>(rows, whole_vecs<Vec>(h.width), h.keys, weights, t_row, 1, values, d_row, mixed,
                    d_row, false);
      write_rows<Vec>(mixed, d_row, rows, h.width, 1, out + begin * out_row, out_row);
    }
  }
};

// One row: of p = softmax / inverse and g = G makes p = softmax, m = D and g = ds; `factors` are
// the mask's, or null.
template <class Vec>
MMA_INLINE void softmax_gradient(int64_t keys, float inverse, const float* factors, float* p,
                                 float* m, float* g) {
  Vec total{};
  MMA_FOR_EACH_VEC(j, n, keys) {
    auto softmax = load<Vec>(p + j) * inverse;
    auto kept = factors ? softmax * load<Vec>(factors + j) : softmax;
    auto product = kept * load<Vec>(g + j);
    store(p + j, softmax);
    store(m + j, kept);
    store(g + j, product);
    total += product;
  }
  const float mean = sum(total);
  MMA_FOR_EACH_VEC(j, n, keys) { store(g + j, load<Vec>(g + j) - load<Vec>(p + j) * mean); }
}

// With p the softmax, m the mask, D = m p, G = dout v^T:
//   dv = D^T dout,  ds = D G - p (sum over keys of D G),  dq = scale ds k,  dk = scale ds^T q
struct AttentionBackward {
  template <class Set, class Number>
  static MMA_INLINE void run(const AttentionHead<Number>& h,
                             const AttentionHeadGradients<Number>& d, AttentionWorkspace& w) {
    using Vec = VecOf<Set>;
    const int64_t t_row = padded(h.keys), d_row = padded(h.width);
    auto *keys = w.at(w.keys), *keys_t = w.at(w.keys_t), *values_t = w.at(w.values_t),
         *queries = w.at(w.queries), *d_out = w.at(w.out), *weights = w.at(w.weights),
         *dropped = w.at(w.dropped), *d_weights = w.at(w.d_weights), *factors = w.at(w.factors),
         *d_keys = w.at(w.d_keys), *d_values = w.at(w.d_values), *d_queries = w.at(w.d_queries);
    copy_rows<Vec>(h.k, h.kv_row, h.keys, h.width, 1, keys, d_row);
    copy_transposed<Vec>(h.k, h.kv_row, h.keys, h.width, keys_t, t_row);
    copy_transposed<Vec>(h.v, h.kv_row, h.keys, h.width, values_t, t_row);
    for (int64_t begin = 0; begin < h.queries; begin += kQueryBlock) {
      const int64_t rows = std::min(kQueryBlock, h.queries - begin);
      const bool add = begin > 0;
      copy_rows<Vec>(h.q + begin * h.q_row, h.q_row, rows, h.width, h.scale, queries, d_row);
      copy_rows<Vec>(d.out + begin * d.out_row, d.out_row, rows, h.width, 1, d_out, d_row);
      multiply<Vec>(rows, whole_vecs<Vec>(h.keys), h.width, queries, d_row, 1, keys_t, t_row,
                    weights, t_row, false);
      multiply<Vec>(rows, whole_vecs<Vec>(h.keys), h.width, d_out, d_row, 1, values_t, t_row,
                    d_weights, t_row, false);
      if (h.mask.active()) h.factors(begin, rows, factors);
      for (int64_t i = 0; i < rows; ++i) {
        exponentials<Vec>(weights + i * t_row, h.keys, h.softmax[2 * (begin + i)]);
        softmax_gradient<Vec>(h.keys, h.softmax[2 * (begin + i) + 1],
                              h.mask.active() ? factors + i * h.keys : nullptr, weights + i * t_row,
                              dropped + i * t_row, d_weights + i * t_row);
      }
      multiply<Vec>(h.keys, whole_vecs<Vec>(h.width), rows, dropped, 1, t_row, d_out, d_row,
                    d_values, d_row, add);
      multiply<Vec>(h.keys, whole_vecs<Vec>(h.width), rows, d_weights, 1, t_row, queries, d_row,
                    d_keys, d_row, add);
      multiply<Vec>(rows, whole_vecs<Vec>(h.width), h.keys, d_weights, t_row, 1, keys, d_row,
                    d_queries, d_row, false);
      write_rows<Vec>(d_queries, d_row, rows, h.width, h.scale, d.q + begin * h.q_row, h.q_row);
    }
    write_rows<Vec>(d_keys, d_row, h.keys, h.width, 1, d.k, h.kv_row);
    write_rows<Vec>(d_values, d_row, h.keys, h.width, 1, d.v, h.kv_row);
  }
};

}  // namespace mma
