#include <cmath>
#include <limits>

#include "nn/attention.h"

namespace mma {

torch::Tensor attention_padded(const AttentionInput& in, DropoutState& dropout_state) {
  const bool apart = in.queries.defined();
  const int64_t h = in.keys_values.size(1) / (apart ? 2 : 3), samples = in.rows.samples();
  auto parts = in.keys_values.split(h, 1);
  auto queries = apart ? in.queries : parts[0];
  const double scale = 1 / std::sqrt(static_cast<double>(h / in.heads));
  auto heads_of = [&](const torch::Tensor& x, const Rows& rows) {  // [N, H] -> [B, heads, L, d]
    return rows.pad(x).view({samples, rows.longest(), in.heads, -1}).transpose(1, 2);
  };
  auto q = heads_of(queries, in.query_rows);
  auto k = heads_of(parts[apart ? 0 : 1], in.rows);
  auto v = heads_of(parts[apart ? 1 : 2], in.rows);
  auto is_token = in.rows.pad(torch::ones({in.rows.total(), 1}, q.options().dtype(torch::kBool)))
                      .view({samples, 1, 1, in.rows.longest()});
  auto scores = torch::matmul(q * scale, k.transpose(2, 3));  // [B, heads, M, L]
  scores = scores.masked_fill(~is_token, -std::numeric_limits<double>::infinity());
  auto weights = torch::softmax(scores, -1);
  DropoutMask mask(in.dropout, dropout_state);
  if (mask.active())
    weights = weights * mask.attention_factors(in.query_rows, in.rows, in.heads, q.device())
                            .to(weights.scalar_type());
  auto mixed = torch::matmul(weights, v).transpose(1, 2);  // [B, M, heads, d]
  return in.query_rows.unpad(mixed.reshape({samples, in.query_rows.longest(), h}));
}

}  // namespace mma
