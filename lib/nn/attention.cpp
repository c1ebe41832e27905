#include "nn/attention.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <cmath>
#include <vector>

#include "base/error.h"
#include "nn/attention_head.h"
#include "nn/autograd.h"
#include "nn/cpu_numbers.h"

namespace mma {
namespace {

// What stays the same from forward to backward.
struct Shape {
  std::vector<int64_t> query_offsets, offsets;
  int64_t heads = 1, width = 0;  // all heads' width, H
  DropoutMask mask;
  bool apart = false;     // the queries are in a tensor of their own
  torch::Tensor softmax;  // [heads, M, 2], see Head
  int64_t samples() const { return static_cast<int64_t>(offsets.size()) - 1; }
  int64_t longest() const {
    int64_t most = 0;
    for (size_t b = 0; b + 1 < offsets.size(); ++b)
      most = std::max(most, offsets[b + 1] - offsets[b]);
    return most;
  }
};

template <class Number>
AttentionHead<Number> head_of(const Shape& s, const torch::Tensor& queries,
                              const torch::Tensor& keys_values, size_t b, int64_t head) {
  AttentionHead<Number> h;
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
  h.sample = static_cast<int64_t>(b);
  h.head = head;
  h.heads = s.heads;
  return h;
}

// work(sample, head, workspace) for all of them on all threads, head by head, so that each thread
// has its share of every sample, long or short.
template <class Work>
void for_each_head(const Shape& s, Work work) {
  at::parallel_for(0, s.heads * s.samples(), 1, [&](int64_t begin, int64_t end) {
    AttentionWorkspace space(s.longest(), s.width / s.heads);
    for (int64_t i = begin; i < end; ++i)
      work(static_cast<size_t>(i % s.samples()), i / s.samples(), space);
  });
}

void check_operands(const Shape& s, const torch::Tensor& q, const torch::Tensor& kv) {
  const auto type = kv.scalar_type();
  check_operand("attention", "keys and values", kv, {s.offsets.back(), (s.apart ? 2 : 3) * s.width},
                type);
  if (s.apart) check_operand("attention", "queries", q, {s.query_offsets.back(), s.width}, type);
}

struct SampleAttention : torch::autograd::Function<SampleAttention> {
  static Variable forward(AutogradContext* context, const Variable& queries,
                          const Variable& keys_values, Shape s) {
    auto kv = keys_values.contiguous();
    auto q = queries.contiguous();
    check_operands(s, q, kv);
    auto out = torch::empty({s.query_offsets.back(), s.width}, kv.options());
    s.softmax = torch::empty({s.heads, s.query_offsets.back(), 2}, torch::kFloat32);
    dispatch_number(kv.scalar_type(), [&](auto number) {
      using Number = decltype(number);
      for_each_head(s, [&](size_t b, int64_t head, AttentionWorkspace& space) {
        auto h = head_of<Number>(s, q, kv, b, head);
        vectorized<AttentionForward>(
            h, data_of<Number>(out) + s.query_offsets[b] * s.width + head * h.width, s.width,
            space);
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
    check_operand("attention", "gradient", d_out, {s.query_offsets.back(), s.width},
                  kv.scalar_type());
    auto d_kv = torch::empty_like(kv);
    auto d_q = torch::empty_like(q);
    dispatch_number(kv.scalar_type(), [&](auto number) {
      using Number = decltype(number);
      auto place = [](const torch::Tensor& gradient, const torch::Tensor& of, const Number* at) {
        return data_of<Number>(gradient) + (at - data_of<Number>(of));
      };
      for_each_head(s, [&](size_t b, int64_t head, AttentionWorkspace& space) {
        auto h = head_of<Number>(s, q, kv, b, head);
        auto* out = data_of<Number>(d_out) + s.query_offsets[b] * s.width + head * h.width;
        AttentionHeadGradients<Number> d{out, s.apart ? place(d_q, q, h.q) : place(d_kv, kv, h.q),
                                         place(d_kv, kv, h.k), place(d_kv, kv, h.v), s.width};
        vectorized<AttentionBackward>(h, d, space);
      });
    });
    return {s.apart ? d_q : Variable(), d_kv, Variable()};
  }
};

// Returns the width of all heads together.
int64_t check_layout(const AttentionInput& in) {
  check_rows("attention", in.rows);
  check_rows("attention", in.query_rows);
  const bool apart = in.queries.defined();
  check(in.query_rows.samples() == in.rows.samples(),
        "attention: {} samples of queries, {} of keys", in.query_rows.samples(), in.rows.samples());
  check(apart || in.query_rows.offsets == in.rows.offsets,
        "attention: queries that stand with the keys have no rows of their own");
  auto& shape = in.keys_values;
  const int64_t parts = apart ? 2 : 3, columns = shape.dim() == 2 ? shape.size(1) : 0;
  check(in.heads > 0 && columns > 0 && columns % (parts * in.heads) == 0,
        "attention: expected {} parts of {} heads side by side, found [{}]", parts, in.heads,
        fmt::join(shape.sizes(), ", "));
  return columns / parts;
}

}  // namespace

torch::Tensor attention_by_sample(const AttentionInput& in, DropoutState& dropout_state) {
  Shape shape;
  shape.apart = in.queries.defined();
  shape.width = check_layout(in);
  shape.query_offsets = in.query_rows.offsets;
  shape.offsets = in.rows.offsets;
  shape.heads = in.heads;
  shape.mask = DropoutMask(in.dropout, dropout_state);
  auto queries = shape.apart ? in.queries : torch::empty({0}, in.keys_values.options());
  return SampleAttention::apply(queries, in.keys_values, std::move(shape));
}

torch::Tensor attention(const AttentionInput& input, DropoutState& dropout_state) {
  return has_cpu_kernels(input.keys_values) ? attention_by_sample(input, dropout_state)
                                            : attention_padded(input, dropout_state);
}

}  // namespace mma
