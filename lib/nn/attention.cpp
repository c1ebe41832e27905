#include "nn/attention.h"

#include <ATen/Parallel.h>
#include <ATen/core/LegacyTypeDispatch.h>

#include <cmath>
#include <vector>

#include "base/error.h"

namespace mma {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// What stays the same from forward to backward.
struct Shape : torch::CustomClassHolder {
  std::vector<int64_t> query_offsets, offsets;
  int64_t heads = 1, width = 0;
  double scale = 1;
  DropoutMask mask;
  bool apart = false;
  std::vector<torch::Tensor> weights;  // softmax of each sample, [heads, M, T]
};

// The three [heads, T, d] views of one sample in the tensors that hold queries, keys and values.
struct Views {
  torch::Tensor q, k, v;
};

Views views_of(const Shape& s, const torch::Tensor& queries, const torch::Tensor& keys_values,
               size_t b) {
  auto view = [&](const torch::Tensor& x, const std::vector<int64_t>& offsets, int64_t column) {
    return x.narrow(0, offsets[b], offsets[b + 1] - offsets[b])
        .narrow(1, column * s.width, s.width)
        .unflatten(1, {s.heads, s.width / s.heads})
        .transpose(0, 1);
  };
  if (s.apart)
    return {view(queries, s.query_offsets, 0), view(keys_values, s.offsets, 0),
            view(keys_values, s.offsets, 1)};
  return {view(keys_values, s.offsets, 0), view(keys_values, s.offsets, 1),
          view(keys_values, s.offsets, 2)};
}

// The place of sample b's first weight in the batch's dropout mask; samples start at whole chunks.
std::vector<int64_t> mask_chunks(const Shape& s) {
  std::vector<int64_t> chunks{0};
  for (size_t b = 0; b + 1 < s.offsets.size(); ++b) {
    int64_t weights =
        s.heads * (s.query_offsets[b + 1] - s.query_offsets[b]) * (s.offsets[b + 1] - s.offsets[b]);
    chunks.push_back(chunks.back() + DropoutMask::chunks(weights));
  }
  return chunks;
}

// Runs `work` for every sample on all threads; what a sample needs is computed by one thread.
template <class Work>
void for_each_sample(const Shape& s, Work work) {
  at::parallel_for(0, static_cast<int64_t>(s.offsets.size()) - 1, 1,
                   [&](int64_t begin, int64_t end) {
                     at::AutoDispatchBelowADInplaceOrView no_autograd;
                     for (int64_t b = begin; b < end; ++b) work(static_cast<size_t>(b));
                   });
}

struct SampleAttention : torch::autograd::Function<SampleAttention> {
  static Variable forward(AutogradContext* context, const Variable& queries,
                          const Variable& keys_values, const c10::intrusive_ptr<Shape>& shape) {
    auto& s = *shape;
    auto kv = keys_values.to(torch::kFloat32).contiguous();
    auto q = s.apart ? queries.to(torch::kFloat32).contiguous() : kv;
    auto out = torch::empty({s.query_offsets.back(), s.width}, kv.options());
    s.weights.resize(s.offsets.size() - 1);
    auto chunks = mask_chunks(s);
    for_each_sample(s, [&](size_t b) {
      auto x = views_of(s, q, kv, b);
      auto weights = at::softmax(at::bmm(x.q, x.k.transpose(1, 2)).mul_(s.scale), -1);
      auto dropped = s.mask.apply(weights, chunks[b]);
      auto place = out.narrow(0, s.query_offsets[b], s.query_offsets[b + 1] - s.query_offsets[b]);
      place.unflatten(1, {s.heads, s.width / s.heads}).transpose(0, 1).copy_(at::bmm(dropped, x.v));
      s.weights[b] = weights;
    });
    context->save_for_backward({q, kv});
    context->saved_data["shape"] = c10::IValue::make_capsule(shape);
    return out.to(keys_values.scalar_type());
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    auto saved = context->get_saved_variables();
    auto& q = saved[0];
    auto& kv = saved[1];
    auto shape =
        c10::static_intrusive_pointer_cast<Shape>(context->saved_data["shape"].toCapsule());
    auto& s = *shape;
    auto d_out = gradients[0].to(torch::kFloat32).contiguous();
    auto d_kv = torch::empty_like(kv);
    auto d_q = s.apart ? torch::empty_like(q) : d_kv;
    auto chunks = mask_chunks(s);
    // With w = softmax(scale q k^T), o = (m w) v and m the mask:
    //   dv = (m w)^T do,  dw = m (do v^T),  ds = w (dw - sum dw w),  dq = scale ds k,  dk = scale
    //   ds^T q
    for_each_sample(s, [&](size_t b) {
      auto x = views_of(s, q, kv, b);
      auto d = views_of(s, d_q, d_kv, b);
      auto& w = s.weights[b];
      auto d_o = d_out.narrow(0, s.query_offsets[b], s.query_offsets[b + 1] - s.query_offsets[b])
                     .unflatten(1, {s.heads, s.width / s.heads})
                     .transpose(0, 1);
      d.v.copy_(at::bmm(s.mask.apply(w, chunks[b]).transpose(1, 2), d_o));
      auto d_w = s.mask.apply(at::bmm(d_o, x.v.transpose(1, 2)), chunks[b]);
      auto d_s = at::_softmax_backward_data(d_w, w, -1, torch::kFloat32).mul_(s.scale);
      d.q.copy_(at::bmm(d_s, x.k));
      d.k.copy_(at::bmm(d_s.transpose(1, 2), x.q));
    });
    auto type = gradients[0].scalar_type();
    return {s.apart ? d_q.to(type) : Variable(), d_kv.to(type), Variable()};
  }
};

}  // namespace

torch::Tensor attention_by_sample(const AttentionInput& in, DropoutState& dropout_state) {
  auto shape = c10::make_intrusive<Shape>();
  shape->query_offsets = in.query_rows.offsets;
  shape->offsets = in.rows.offsets;
  shape->heads = in.heads;
  shape->apart = in.queries.defined();
  shape->width = in.keys_values.size(1) / (shape->apart ? 2 : 3);
  shape->scale = 1 / std::sqrt(static_cast<double>(shape->width / in.heads));
  shape->mask = DropoutMask(in.dropout, dropout_state);
  check(in.query_rows.samples() == in.rows.samples(),
        "attention: {} samples of queries, {} of keys", in.query_rows.samples(), in.rows.samples());
  auto queries = shape->apart ? in.queries : torch::empty({0}, in.keys_values.options());
  return SampleAttention::apply(queries, in.keys_values, shape);
}

torch::Tensor attention(const AttentionInput& input, DropoutState& dropout_state) {
  bool on_cpu = input.keys_values.device().is_cpu();
  return on_cpu ? attention_by_sample(input, dropout_state)
                : attention_padded(input, dropout_state);
}

}  // namespace mma
