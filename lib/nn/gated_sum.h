#pragma once
#include <torch/types.h>

#include "nn/rows.h"

namespace mma {

/// The inputs of a GMU once its products are made, where only text differs from token to token.
struct GatedInputs {
  torch::Tensor text;      ///< [N, p] h_0
  torch::Tensor others;    ///< [B, (k-1) p] h_1 .. h_{k-1}, side by side
  torch::Tensor products;  ///< [N, g p] what the tokens add to the gates: W_i[:, 0] h_0
  torch::Tensor terms;     ///< [B, g p] what the samples add
};

/// The gates' work token by token, with z_i = sigmoid(products_i + terms_i):
///   g = 1 (k = 2)   h_1 + z (h_0 - h_1)
///   g = k           sum_i z_i h_i
/// in rows [N, p]. On the CPU one pass over memory in each direction, nothing repeated for tokens;
/// with y the result, d = dy h_i z_i (1 - z_i) (tied: dy (h_0 - h_1) z (1 - z)):
///   dproducts_i = d,  dterms_i = sum of d over the sample's tokens,  dh_0 = z_0 dy,
///   dh_i = sum over the sample's tokens of z_i dy (tied: (1 - z) dy).
/// `means`, where given: [B, k] fp32, each input's gate averaged over units and the sample's
/// tokens.
torch::Tensor gated_sum(const GatedInputs& inputs, const Rows& rows, torch::Tensor* means);

/// The plain formula in LibTorch's operations, for other devices and types, and for tests.
torch::Tensor gated_sum_reference(const GatedInputs& inputs, const Rows& rows,
                                  torch::Tensor* means);

}  // namespace mma
