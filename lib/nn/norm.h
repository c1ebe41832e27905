#pragma once
#include <torch/types.h>

namespace mma {

/// LayerNorm (Ba et al. 2016, arXiv:1607.06450) over the last axis, weights in fp32, in the type of
/// its input:
///   y = w (s - mean s) / sqrt(var s + eps) + b,   s = a + b + ...: up to three tensors of one
///   shape
/// The sum is made on the way, in fp32. With n = (s - mean s) r, r = 1 / sqrt(var s + eps), and
/// g = dy w, each of the addends has the gradient
///   r (g - mean g - n mean(g n)),
/// w has sum over rows of dy n, and b sum of dy. On the CPU all of it is one pass over memory in
/// each direction, for which s, mean s and r are kept; elsewhere, and for one fp32 tensor,
/// LibTorch's own.
torch::Tensor layer_norm(const torch::Tensor& weight, const torch::Tensor& bias, double eps,
                         at::TensorList addends);

/// The plain formula in LibTorch's operations, for other devices and types, and for tests.
torch::Tensor layer_norm_reference(const torch::Tensor& weight, const torch::Tensor& bias,
                                   double eps, at::TensorList addends);

/// A LayerNorm of the backbone.
struct Norm {
  torch::Tensor weight, bias;
  double eps = 1e-12;
  torch::Tensor operator()(at::TensorList addends) const {
    return layer_norm(weight, bias, eps, addends);
  }
};

}  // namespace mma
