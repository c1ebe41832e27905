#include "nn/attention.h"

#include <cmath>
#include <limits>
#include <vector>

namespace mma {
namespace {

// [T, H] -> [heads, T, d]
torch::Tensor split_heads(const torch::Tensor& x, int64_t heads) {
  return x.view({x.size(0), heads, -1}).transpose(0, 1);
}

// Rows of a [B, L] padded layout that hold a token, [N], and the layout's mask.
struct Padding {
  int64_t longest;
  torch::Tensor place;  // [N] row of token n in [B * L]
};

Padding padding_of(const Rows& rows) {
  Padding p{rows.longest(), torch::empty({rows.total()}, torch::kInt64)};
  auto* place = p.place.data_ptr<int64_t>();
  for (int64_t b = 0; b < rows.samples(); ++b)
    for (int64_t t = 0; t < rows.length(b); ++t) *place++ = b * p.longest + t;
  p.place = p.place.to(rows.membership.device());
  return p;
}

// [N, H] -> [B, heads, L, d]
torch::Tensor pad(const torch::Tensor& x, const Padding& p, int64_t samples, int64_t heads) {
  auto padded = x.new_zeros({samples * p.longest, x.size(1)}).index_copy(0, p.place, x);
  return padded.view({samples, p.longest, heads, -1}).transpose(1, 2);
}

}  // namespace

torch::Tensor attention_by_sample(const torch::Tensor& queries, const torch::Tensor& keys,
                                  const torch::Tensor& values, const Rows& query_rows,
                                  const Rows& rows, int64_t heads, double dropout_p,
                                  DropoutState& dropout_state) {
  const double scale = 1 / std::sqrt(static_cast<double>(queries.size(1) / heads));
  std::vector<torch::Tensor> outputs;
  for (size_t b = 0; b < static_cast<size_t>(rows.samples()); ++b) {
    auto sample = static_cast<int64_t>(b);
    auto q = split_heads(queries.narrow(0, query_rows.offsets[b], query_rows.length(sample)), heads);
    auto k = split_heads(keys.narrow(0, rows.offsets[b], rows.length(sample)), heads);
    auto v = split_heads(values.narrow(0, rows.offsets[b], rows.length(sample)), heads);
    auto weights = torch::softmax(torch::matmul(q * scale, k.transpose(1, 2)), -1);  // [heads, M, T]
    weights = dropout(weights, dropout_p, dropout_state);
    outputs.push_back(torch::matmul(weights, v).transpose(0, 1).reshape({q.size(1), queries.size(1)}));
  }
  return torch::cat(outputs);
}

torch::Tensor attention_padded(const torch::Tensor& queries, const torch::Tensor& keys,
                               const torch::Tensor& values, const Rows& query_rows,
                               const Rows& rows, int64_t heads, double dropout_p,
                               DropoutState& dropout_state) {
  const double scale = 1 / std::sqrt(static_cast<double>(queries.size(1) / heads));
  const int64_t samples = rows.samples();
  auto key_padding = padding_of(rows);
  auto query_padding = padding_of(query_rows);
  auto q = pad(queries, query_padding, samples, heads);
  auto k = pad(keys, key_padding, samples, heads);
  auto v = pad(values, key_padding, samples, heads);
  auto is_token = torch::zeros({samples * key_padding.longest}, q.options().dtype(torch::kBool))
                      .index_fill(0, key_padding.place, 1)
                      .view({samples, 1, 1, key_padding.longest});
  auto scores = torch::matmul(q * scale, k.transpose(2, 3));  // [B, heads, M, L]
  scores = scores.masked_fill(~is_token, -std::numeric_limits<double>::infinity());
  auto weights = dropout(torch::softmax(scores, -1), dropout_p, dropout_state);
  auto mixed = torch::matmul(weights, v).transpose(1, 2);  // [B, M, heads, d]
  return mixed.reshape({samples * query_padding.longest, queries.size(1)})
      .index_select(0, query_padding.place);
}

torch::Tensor attention(const torch::Tensor& queries, const torch::Tensor& keys,
                        const torch::Tensor& values, const Rows& query_rows, const Rows& rows,
                        int64_t heads, double dropout_p, DropoutState& dropout_state) {
  auto* compute = queries.device().is_cpu() ? attention_by_sample : attention_padded;
  return compute(queries, keys, values, query_rows, rows, heads, dropout_p, dropout_state);
}

}  // namespace mma
