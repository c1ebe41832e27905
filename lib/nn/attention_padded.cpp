#include <cmath>
#include <limits>

#include "nn/attention.h"

namespace mma {
namespace {

// Where each token stands in a [B, L] layout padded to the longest sample.
struct Padding {
  int64_t longest;
  torch::Tensor place;  // [N] row of token n in [B * L]
};

Padding padding_of(const Rows& rows, const torch::Device& device) {
  Padding p{rows.longest(), torch::empty({rows.total()}, torch::kInt64)};
  auto* place = p.place.data_ptr<int64_t>();
  for (int64_t b = 0; b < rows.samples(); ++b)
    for (int64_t t = 0; t < rows.length(b); ++t) *place++ = b * p.longest + t;
  p.place = p.place.to(device);
  return p;
}

// [N, H] -> [B, heads, L, d]
torch::Tensor pad(const torch::Tensor& x, const Padding& p, int64_t samples, int64_t heads) {
  auto padded = x.new_zeros({samples * p.longest, x.size(1)}).index_copy(0, p.place, x);
  return padded.view({samples, p.longest, heads, -1}).transpose(1, 2);
}

}  // namespace

torch::Tensor attention_padded(const AttentionInput& in, DropoutState& dropout_state) {
  const bool apart = in.queries.defined();
  const int64_t h = in.keys_values.size(1) / (apart ? 2 : 3), samples = in.rows.samples();
  auto parts = in.keys_values.split(h, 1);
  auto queries = apart ? in.queries : parts[0];
  const double scale = 1 / std::sqrt(static_cast<double>(h / in.heads));
  const auto device = in.keys_values.device();
  auto key_padding = padding_of(in.rows, device), query_padding = padding_of(in.query_rows, device);
  auto q = pad(queries, query_padding, samples, in.heads);
  auto k = pad(parts[apart ? 0 : 1], key_padding, samples, in.heads);
  auto v = pad(parts[apart ? 1 : 2], key_padding, samples, in.heads);
  auto is_token = torch::zeros({samples * key_padding.longest}, q.options().dtype(torch::kBool))
                      .index_fill(0, key_padding.place, 1)
                      .view({samples, 1, 1, key_padding.longest});
  auto scores = torch::matmul(q * scale, k.transpose(2, 3));  // [B, heads, M, L]
  scores = scores.masked_fill(~is_token, -std::numeric_limits<double>::infinity());
  auto weights = torch::softmax(scores, -1);
  DropoutMask mask(in.dropout, dropout_state);
  if (mask.active())
    weights =
        weights *
        mask.attention_factors(in.query_rows, in.rows, in.heads, device).to(weights.scalar_type());
  auto mixed = torch::matmul(weights, v).transpose(1, 2);  // [B, M, heads, d]
  return mixed.reshape({samples * query_padding.longest, h}).index_select(0, query_padding.place);
}

}  // namespace mma
