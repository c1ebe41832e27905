#pragma once
#include <torch/types.h>

#include "nn/dropout.h"
#include "nn/rows.h"

namespace mma {

/// Scaled dot-product attention within each sample (Vaswani et al. 2017, section 3.2.1):
///   softmax(Q_b K_b^T / sqrt(d)) V_b   for each sample b and head, with dropout on the softmax.
/// `keys_values` [N, 2H], or [N, 3H] with the queries in front; `queries` [M, H] in `query_rows`
/// where they are given apart ([CLS] alone, say), else undefined and `query_rows` = `rows`.
/// Out: [M, H] in the type of the inputs.
struct AttentionInput {
  torch::Tensor queries, keys_values;
  const Rows& query_rows;
  const Rows& rows;
  int64_t heads;
  double dropout;
};
torch::Tensor attention(const AttentionInput& input, DropoutState& dropout_state);

/// The two ways to compute it, exposed for tests. CPU: each head of each sample on its own in the
/// cache, no padding, in fp32, in one autograd function; of the softmax each row's maximum and sum
/// are kept, and backward makes it and the dropout mask again. GPU, and the plain reference: padded
/// to the longest with a mask, in a few large kernels.
torch::Tensor attention_by_sample(const AttentionInput& input, DropoutState& dropout_state);
torch::Tensor attention_padded(const AttentionInput& input, DropoutState& dropout_state);

}  // namespace mma
