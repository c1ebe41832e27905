#pragma once
#include <torch/types.h>

#include "nn/dropout_stream.h"
#include "nn/rows.h"

namespace mma::cuda {

/// x * mask / (1 - p) for x [N, W] in `rows`, fp32, bf16 or fp64, on the GPU's current stream.
torch::Tensor dropout(const torch::Tensor& x, const DropoutSite& site, const Rows& rows);

/// The factors of attention's weights, [B, heads, M, L] in fp32, with M and L the most queries and
/// keys of a sample; 0 where there is no query or key.
torch::Tensor attention_factors(const DropoutSite& site, const Rows& query_rows, const Rows& rows,
                                int64_t heads, const torch::Device& device);

}  // namespace mma::cuda
