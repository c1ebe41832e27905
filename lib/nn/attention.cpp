#include "nn/attention.h"

#include <ATen/Parallel.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/error.h"
#include "nn/autograd.h"
#include "nn/cpu_numbers.h"
#include "nn/vector.h"

namespace mma {
namespace {

constexpr int64_t kBlock = 64;  // queries at a time: their weights stay in the cache

// Widths of the working matrices: whole Vecs, and one more so that rows do not lie a power of two
// apart, which would send them to the same places of the cache.
int64_t padded(int64_t n) { return (n + kLanes - 1) / kLanes * kLanes + kLanes; }

// c (+)= a b for Rows rows and Vecs times 16 columns; a's numbers lie a_row and a_column apart.
template <int Rows, int Vecs>
MMA_INLINE void multiply_tile(int64_t depth, const float* a, int64_t a_row, int64_t a_column,
                              const float* b, int64_t b_row, float* c, int64_t c_row, bool add) {
  Vec sums[Rows][Vecs];
  for (int i = 0; i < Rows; ++i)
    for (int v = 0; v < Vecs; ++v) sums[i][v] = add ? load(c + i * c_row + v * kLanes) : Vec{};
  for (int64_t k = 0; k < depth; ++k) {
    Vec row[Vecs];
    for (int v = 0; v < Vecs; ++v) row[v] = load(b + k * b_row + v * kLanes);
    for (int i = 0; i < Rows; ++i)
      for (int v = 0; v < Vecs; ++v) sums[i][v] += a[i * a_row + k * a_column] * row[v];
  }
  for (int i = 0; i < Rows; ++i)
    for (int v = 0; v < Vecs; ++v) store(c + i * c_row + v * kLanes, sums[i][v]);
}

template <int Rows>
MMA_INLINE void multiply_block(int64_t n, int64_t depth, const float* a, int64_t a_row,
                               int64_t a_column, const float* b, int64_t b_row, float* c,
                               int64_t c_row, bool add) {
  int64_t j = 0;
  for (; j + 2 * kLanes <= n; j += 2 * kLanes)
    multiply_tile<Rows, 2>(depth, a, a_row, a_column, b + j, b_row, c + j, c_row, add);
  if (j < n) multiply_tile<Rows, 1>(depth, a, a_row, a_column, b + j, b_row, c + j, c_row, add);
}

// c [m, n] = a [m, depth] b [depth, n], or added to it; n in whole Vecs. For matrices that fit the
// cache: four rows of two Vecs at a time keep the multipliers of AVX-512 busy.
MMA_INLINE void multiply(int64_t m, int64_t n, int64_t depth, const float* a, int64_t a_row,
                         int64_t a_column, const float* b, int64_t b_row, float* c, int64_t c_row,
                         bool add) {
  int64_t i = 0;
  for (; i + 4 <= m; i += 4)
    multiply_block<4>(n, depth, a + i * a_row, a_row, a_column, b, b_row, c + i * c_row, c_row,
                      add);
  if (m - i >= 2) {
    multiply_block<2>(n, depth, a + i * a_row, a_row, a_column, b, b_row, c + i * c_row, c_row,
                      add);
    i += 2;
  }
  if (i < m)
    multiply_block<1>(n, depth, a + i * a_row, a_row, a_column, b, b_row, c + i * c_row, c_row,
                      add);
}

// One head of one sample. Matrices are seen as rows `*_row` numbers apart.
template <class Number>
struct Head {
  const Number *q, *k, *v;
  int64_t q_row, kv_row;
  int64_t queries, keys, width;  // M, T, d
  float scale;
  float* softmax;  // [M, 2] each row's maximum and 1 / sum, which make the softmax again
  DropoutMask mask;
  int64_t first_chunk, block_chunks;  // of the mask, and of one block of queries
};
template <class Number>
struct HeadGradients {
  const Number* out;
  Number *q, *k, *v;
  int64_t out_row;
};

template <class Number>
MMA_INLINE void copy_rows(const Number* from, int64_t from_row, int64_t rows, int64_t width,
                          float scale, float* to, int64_t to_row) {
  for (int64_t t = 0; t < rows; ++t) MMA_FOR_EACH_VEC(i, n, width) {
      store(to + t * to_row + i, load_some(from + t * from_row + i, n) * scale);
    }
}

// Past the last row: 0, to whole Vecs.
template <class Number>
MMA_INLINE void copy_transposed(const Number* from, int64_t from_row, int64_t rows, int64_t width,
                                float* to, int64_t to_row) {
  for (int64_t t = 0; t < rows; t += kLanes) MMA_FOR_EACH_VEC(i, n, width) {
      Vec tile[kLanes];
      for (int64_t j = 0; j < kLanes; ++j)
        tile[j] = t + j < rows ? load_some(from + (t + j) * from_row + i, n) : Vec{};
      transpose(tile);
      for (int64_t j = 0; j < n; ++j) store(to + (i + j) * to_row + t, tile[j]);
    }
}

template <class Number>
MMA_INLINE void write_rows(const float* from, int64_t from_row, int64_t rows, int64_t width,
                           float scale, Number* to, int64_t to_row) {
  for (int64_t t = 0; t < rows; ++t) MMA_FOR_EACH_VEC(i, n, width) {
      store_some(to + t * to_row + i, load(from + t * from_row + i) * scale, n);
    }
}

MMA_INLINE float largest(const float* row, int64_t n) {
  auto top = broadcast(-std::numeric_limits<float>::infinity());
  MMA_FOR_EACH_VEC(j, k, n) { top = max(first_lanes(load(row + j), k, top[0]), top); }
  float found = top[0];
  for (int i = 1; i < kLanes; ++i) found = top[i] > found ? top[i] : found;
  return found;
}

// row = exp(row - maximum), 0 beyond n; returns the sum.
MMA_INLINE float exponentials(float* row, int64_t n, float maximum) {
  Vec total{};
  MMA_FOR_EACH_VEC(j, k, n) {
    auto e = first_lanes(exp(load(row + j) - maximum), k, 0);
    store(row + j, e);
    total += e;
  }
  return sum(total);
}

// Working space of one thread, made once for the longest sample.
struct Workspace {
  Workspace(int64_t longest, int64_t width) {
    const int64_t t = padded(longest), d = padded(width);
    keys = take(longest * d), keys_t = take(width * t), values = take(longest * d),
    values_t = take(width * t), queries = take(kBlock * d), out = take(kBlock * d),
    weights = take(kBlock * t), dropped = take(kBlock * t), d_weights = take(kBlock * t),
    factors = take(kBlock * longest + kLanes), d_keys = take(longest * d),
    d_values = take(longest * d), d_queries = take(kBlock * d);
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
template <class Number>
MMA_INLINE void head_forward(const Head<Number>& h, Number* out, int64_t out_row, Workspace& w) {
  const int64_t t_row = padded(h.keys), d_row = padded(h.width);
  auto *keys = w.at(w.keys_t), *values = w.at(w.values), *queries = w.at(w.queries),
       *weights = w.at(w.weights), *mixed = w.at(w.out);
  copy_transposed(h.k, h.kv_row, h.keys, h.width, keys, t_row);
  copy_rows(h.v, h.kv_row, h.keys, h.width, 1, values, d_row);
  for (int64_t begin = 0; begin < h.queries; begin += kBlock) {
    const int64_t rows = std::min(kBlock, h.queries - begin);
    copy_rows(h.q + begin * h.q_row, h.q_row, rows, h.width, h.scale, queries, d_row);
    multiply(rows, t_row - kLanes, h.width, queries, d_row, 1, keys, t_row, weights, t_row, false);
    auto* factors = w.at(w.factors);
    if (h.mask.active())
      h.mask.factors(h.first_chunk + begin / kBlock * h.block_chunks, rows * h.keys, factors);
    for (int64_t i = 0; i < rows; ++i) {
      auto* row = weights + i * t_row;
      float top = largest(row, h.keys);
      float inverse = 1 / exponentials(row, h.keys, top);
      h.softmax[2 * (begin + i)] = top;
      h.softmax[2 * (begin + i) + 1] = inverse;
      MMA_FOR_EACH_VEC(j, n, h.keys) {
        auto p = load(row + j) * inverse;
        if (h.mask.active()) p *= load(factors + i * h.keys + j);  // past the end 0 stays 0
        store(row + j, p);
      }
    }
    multiply(rows, d_row - kLanes, h.keys, weights, t_row, 1, values, d_row, mixed, d_row, false);
    write_rows(mixed, d_row, rows, h.width, 1, out + begin * out_row, out_row);
  }
}

// With p the softmax, m the mask, D = m p, G = dout v^T:
//   dv = D^T dout,  ds = D G - p (sum over keys of D G),  dq = scale ds k,  dk = scale ds^T q
template <class Number>
MMA_INLINE void head_backward(const Head<Number>& h, const HeadGradients<Number>& d, Workspace& w) {
  const int64_t t_row = padded(h.keys), d_row = padded(h.width);
  auto *keys = w.at(w.keys), *keys_t = w.at(w.keys_t), *values_t = w.at(w.values_t),
       *queries = w.at(w.queries), *d_out = w.at(w.out), *weights = w.at(w.weights),
       *dropped = w.at(w.dropped), *d_weights = w.at(w.d_weights), *factors = w.at(w.factors),
       *d_keys = w.at(w.d_keys), *d_values = w.at(w.d_values), *d_queries = w.at(w.d_queries);
  copy_rows(h.k, h.kv_row, h.keys, h.width, 1, keys, d_row);
  copy_transposed(h.k, h.kv_row, h.keys, h.width, keys_t, t_row);
  copy_transposed(h.v, h.kv_row, h.keys, h.width, values_t, t_row);
  for (int64_t begin = 0; begin < h.queries; begin += kBlock) {
    const int64_t rows = std::min(kBlock, h.queries - begin);
    const bool add = begin > 0;
    copy_rows(h.q + begin * h.q_row, h.q_row, rows, h.width, h.scale, queries, d_row);
    copy_rows(d.out + begin * d.out_row, d.out_row, rows, h.width, 1, d_out, d_row);
    multiply(rows, t_row - kLanes, h.width, queries, d_row, 1, keys_t, t_row, weights, t_row,
             false);
    multiply(rows, t_row - kLanes, h.width, d_out, d_row, 1, values_t, t_row, d_weights, t_row,
             false);
    if (h.mask.active())
      h.mask.factors(h.first_chunk + begin / kBlock * h.block_chunks, rows * h.keys, factors);
    for (int64_t i = 0; i < rows; ++i) {
      auto *p = weights + i * t_row, *m = dropped + i * t_row, *g = d_weights + i * t_row;
      exponentials(p, h.keys, h.softmax[2 * (begin + i)]);
      const float inverse = h.softmax[2 * (begin + i) + 1];
      Vec total{};
      MMA_FOR_EACH_VEC(j, n, h.keys) {
        auto softmax = load(p + j) * inverse;
        auto kept = h.mask.active() ? softmax * load(factors + i * h.keys + j) : softmax;
        auto product = kept * load(g + j);
        store(p + j, softmax);
        store(m + j, kept);
        store(g + j, product);
        total += product;
      }
      const float mean = sum(total);
      MMA_FOR_EACH_VEC(j, n, h.keys) { store(g + j, load(g + j) - load(p + j) * mean); }
    }
    multiply(h.keys, d_row - kLanes, rows, dropped, 1, t_row, d_out, d_row, d_values, d_row, add);
    multiply(h.keys, d_row - kLanes, rows, d_weights, 1, t_row, queries, d_row, d_keys, d_row, add);
    multiply(rows, d_row - kLanes, h.keys, d_weights, t_row, 1, keys, d_row, d_queries, d_row,
             false);
    write_rows(d_queries, d_row, rows, h.width, h.scale, d.q + begin * h.q_row, h.q_row);
  }
  write_rows(d_keys, d_row, h.keys, h.width, 1, d.k, h.kv_row);
  write_rows(d_values, d_row, h.keys, h.width, 1, d.v, h.kv_row);
}

MMA_VECTORIZED void forward_kernel(const Head<float>& h, float* out, int64_t row, Workspace& w) {
  head_forward(h, out, row, w);
}
MMA_VECTORIZED void forward_kernel(const Head<BFloat16>& h, BFloat16* out, int64_t row,
                                   Workspace& w) {
  head_forward(h, out, row, w);
}
MMA_VECTORIZED void backward_kernel(const Head<float>& h, const HeadGradients<float>& d,
                                    Workspace& w) {
  head_backward(h, d, w);
}
MMA_VECTORIZED void backward_kernel(const Head<BFloat16>& h, const HeadGradients<BFloat16>& d,
                                    Workspace& w) {
  head_backward(h, d, w);
}

// What stays the same from forward to backward.
struct Shape {
  std::vector<int64_t> query_offsets, offsets;
  int64_t heads = 1, width = 0;  // all heads' width, H
  DropoutMask mask;
  bool apart = false;           // the queries are in a tensor of their own
  torch::Tensor softmax;        // [heads, M, 2], see Head
  std::vector<int64_t> chunks;  // of the mask: the first of each sample
  int64_t samples() const { return static_cast<int64_t>(offsets.size()) - 1; }
  int64_t longest() const {
    int64_t most = 0;
    for (size_t b = 0; b + 1 < offsets.size(); ++b)
      most = std::max(most, offsets[b + 1] - offsets[b]);
    return most;
  }
};

int64_t blocks_of(int64_t queries) { return (queries + kBlock - 1) / kBlock; }

void count_chunks(Shape& s) {
  s.chunks = {0};
  for (size_t b = 0; b + 1 < s.offsets.size(); ++b) {
    int64_t blocks = blocks_of(s.query_offsets[b + 1] - s.query_offsets[b]);
    int64_t keys = s.offsets[b + 1] - s.offsets[b];
    s.chunks.push_back(s.chunks.back() + s.heads * blocks * DropoutMask::chunks(kBlock * keys));
  }
}

template <class Number>
Head<Number> head_of(const Shape& s, const torch::Tensor& queries, const torch::Tensor& keys_values,
                     size_t b, int64_t head) {
  Head<Number> h;
  const int64_t first = s.offsets[b], first_query = s.query_offsets[b];
  h.width = s.width / s.heads;
  h.kv_row = keys_values.size(1);
  auto* kv = data_of<Number>(keys_values) + first * h.kv_row + head * h.width;
  h.k = kv + (s.apart ? 0 : s.width);
  h.v = h.k + s.width;
  h.q_row = s.apart ? s.width : h.kv_row;
  h.q = s.apart ? data_of<Number>(queries) + first_query * h.q_row + head * h.width : kv;
  h.queries = s.query_offsets[b + 1] - first_query;
  h.keys = s.offsets[b + 1] - first;
  h.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(h.width)));
  h.softmax = data_of<float>(s.softmax) + 2 * (head * s.query_offsets.back() + first_query);
  h.mask = s.mask;
  h.block_chunks = DropoutMask::chunks(kBlock * h.keys);
  h.first_chunk = s.chunks[b] + head * blocks_of(h.queries) * h.block_chunks;
  return h;
}

// work(sample, head, workspace) for all of them on all threads, head by head, so that each thread
// has its share of every sample, long or short.
template <class Work>
void for_each_head(const Shape& s, Work work) {
  at::parallel_for(0, s.heads * s.samples(), 1, [&](int64_t begin, int64_t end) {
    Workspace space(s.longest(), s.width / s.heads);
    for (int64_t i = begin; i < end; ++i)
      work(static_cast<size_t>(i % s.samples()), i / s.samples(), space);
  });
}

struct SampleAttention : torch::autograd::Function<SampleAttention> {
  static Variable forward(AutogradContext* context, const Variable& queries,
                          const Variable& keys_values, Shape s) {
    auto kv = keys_values.contiguous();
    auto q = queries.contiguous();
    auto out = torch::empty({s.query_offsets.back(), s.width}, kv.options());
    s.softmax = torch::empty({s.heads, s.query_offsets.back(), 2}, torch::kFloat32);
    dispatch_number(kv.scalar_type(), [&](auto number) {
      using Number = decltype(number);
      for_each_head(s, [&](size_t b, int64_t head, Workspace& space) {
        auto h = head_of<Number>(s, q, kv, b, head);
        forward_kernel(h, data_of<Number>(out) + s.query_offsets[b] * s.width + head * h.width,
                       s.width, space);
      });
    });
    context->save_for_backward({q, kv});
    keep(context, std::move(s));
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    auto saved = context->get_saved_variables();
    auto &q = saved[0], &kv = saved[1];
    auto& s = kept<Shape>(context);
    auto d_out = gradients[0].contiguous();
    auto d_kv = torch::empty_like(kv);
    auto d_q = torch::empty_like(q);
    dispatch_number(kv.scalar_type(), [&](auto number) {
      using Number = decltype(number);
      auto place = [](const torch::Tensor& gradient, const torch::Tensor& of, const Number* at) {
        return data_of<Number>(gradient) + (at - data_of<Number>(of));
      };
      for_each_head(s, [&](size_t b, int64_t head, Workspace& space) {
        auto h = head_of<Number>(s, q, kv, b, head);
        auto* out = data_of<Number>(d_out) + s.query_offsets[b] * s.width + head * h.width;
        backward_kernel(h,
                        {out, s.apart ? place(d_q, q, h.q) : place(d_kv, kv, h.q),
                         place(d_kv, kv, h.k), place(d_kv, kv, h.v), s.width},
                        space);
      });
    });
    return {s.apart ? d_q : Variable(), d_kv, Variable()};
  }
};

}  // namespace

torch::Tensor attention_by_sample(const AttentionInput& in, DropoutState& dropout_state) {
  Shape shape;
  shape.query_offsets = in.query_rows.offsets;
  shape.offsets = in.rows.offsets;
  shape.heads = in.heads;
  shape.apart = in.queries.defined();
  shape.width = in.keys_values.size(1) / (shape.apart ? 2 : 3);
  shape.mask = DropoutMask(in.dropout, dropout_state);
  count_chunks(shape);
  check(in.query_rows.samples() == in.rows.samples(),
        "attention: {} samples of queries, {} of keys", in.query_rows.samples(), in.rows.samples());
  auto queries = shape.apart ? in.queries : torch::empty({0}, in.keys_values.options());
  return SampleAttention::apply(queries, in.keys_values, std::move(shape));
}

torch::Tensor attention(const AttentionInput& input, DropoutState& dropout_state) {
  return has_cpu_kernels(input.keys_values) ? attention_by_sample(input, dropout_state)
                                            : attention_padded(input, dropout_state);
}

}  // namespace mma
