#pragma once
#include <torch/nn/modules/linear.h>

#include "nn/batch_norm.h"
#include "nn/block_axis.h"
#include "nn/dropout.h"

namespace mma {

/// The classifier of Arevalo et al. 2017 (arXiv:1702.01992, section 4.2): two maxout layers
/// (Goodfellow et al. 2013, arXiv:1302.4389) with batch norms, of width h:
///   x1 = maxout(W_1 bn1(x) + b_1),  x2 = maxout(W_2 bn2(x1) + b_2),  logits = W_3 bn3(x2) + b_3
/// maxout takes the larger of each two neighbouring outputs, so that W_1 is [2 h, d] and W_2
/// [2 h, h]; dropout is on the input of each product. Parameters: bn{1,2,3}.{weight,bias},
/// lin{1,2,3}.{weight,bias}: 2 d + 2 h (d + 1) + 2 h + 2 h (h + 1) + 2 h + C (h + 1) numbers.
struct MaxoutClassifierImpl : torch::nn::Module {
  MaxoutClassifierImpl(int64_t input, int64_t hidden, int64_t labels, double dropout);
  /// x [B, d] -> [B, C]
  torch::Tensor forward(const torch::Tensor& x, DropoutState& state);
  /// He et al. 2015: matrices normal with std sqrt(2 / inputs); a function of (seed, prefix +
  /// name).
  void initialise(uint64_t seed, const std::string& prefix);
  /// Scales each unit's incoming weights to a norm of at most `bound` (Srivastava et al. 2014).
  void bound_norms(double bound);
  /// lin3.* has a row a label.
  BlockAxes block_axes(const std::string& prefix) const;

 private:
  double dropout_;
  BatchNorm bn1_{nullptr}, bn2_{nullptr}, bn3_{nullptr};
  torch::nn::Linear lin1_{nullptr}, lin2_{nullptr}, lin3_{nullptr};
};
TORCH_MODULE(MaxoutClassifier);

}  // namespace mma
