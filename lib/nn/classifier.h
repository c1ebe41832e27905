#pragma once
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <string>

#include "nn/block_axis.h"
#include "nn/dropout.h"

namespace mma {

/// The classifier on a pooled vector x [B, H]:
///   logits = W_o LN(gelu_tanh(dropout(W_d x + b_d))) + b_o,   LayerNorm eps 1e-12.
/// Parameters: {dense,norm,out}.{weight,bias}: H (H + 1) + 2 H + C (H + 1) numbers.
struct ClassifierImpl : torch::nn::Module {
  ClassifierImpl(int64_t hidden, int64_t labels, double dropout);
  /// [B, H] fp32 -> [B, C]
  torch::Tensor forward(const torch::Tensor& x, DropoutState& state);
  /// Matrices normal with `std`, biases 0, norm 1; a function of (seed, prefix + name).
  void initialise(double std, uint64_t seed, const std::string& prefix);
  /// out.* has a row a label.
  BlockAxes block_axes(const std::string& prefix) const;

 private:
  double dropout_;
  torch::nn::Linear dense_{nullptr}, out_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(Classifier);

}  // namespace mma
