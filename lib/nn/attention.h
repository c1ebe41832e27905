#pragma once
#include <torch/torch.h>

#include "nn/dropout.h"
#include "nn/rows.h"

namespace mma {

/// Scaled dot-product attention within each sample (Vaswani et al. 2017, section 3.2.1):
///   softmax(Q_b K_b^T / sqrt(d)) V_b   for each sample b and head.
/// queries [M, H] in `query_rows`, keys and values [N, H] in `rows`; out [M, H]. The same number of
/// samples in both; query rows are all rows, or [CLS] alone.
torch::Tensor attention(const torch::Tensor& queries, const torch::Tensor& keys,
                        const torch::Tensor& values, const Rows& query_rows, const Rows& rows,
                        int64_t heads, double dropout_p, DropoutState& dropout_state);

/// The two ways to compute it, exposed for tests: sample by sample without padding (CPU), and
/// padded to the longest with a mask in a few large kernels (GPU).
torch::Tensor attention_by_sample(const torch::Tensor& queries, const torch::Tensor& keys,
                                  const torch::Tensor& values, const Rows& query_rows,
                                  const Rows& rows, int64_t heads, double dropout_p,
                                  DropoutState& dropout_state);
torch::Tensor attention_padded(const torch::Tensor& queries, const torch::Tensor& keys,
                               const torch::Tensor& values, const Rows& query_rows,
                               const Rows& rows, int64_t heads, double dropout_p,
                               DropoutState& dropout_state);

}  // namespace mma
