#pragma once
#include <torch/torch.h>

namespace mma {

/// A matrix product of the backbone, in the type of x. A frozen one is held in the compute type, so
/// that nothing is cast in a step; a trained one stays in fp32 and is cast here.
struct Dense {
  torch::Tensor weight, bias;  // [out, in], [out]
  torch::Tensor operator()(const torch::Tensor& x) const {
    auto type = x.scalar_type();
    return torch::linear(x, weight.to(type), bias.to(type));
  }
  /// The outputs `first` to `first + count - 1` alone.
  Dense outputs(int64_t first, int64_t count) const {
    return {weight.narrow(0, first, count), bias.narrow(0, first, count)};
  }
};

/// LayerNorm over the last axis, weights in fp32.
struct Norm {
  torch::Tensor weight, bias;
  double eps = 1e-12;
  torch::Tensor operator()(const torch::Tensor& x) const {
    auto type = x.scalar_type();
    return torch::layer_norm(x, {weight.size(0)}, weight.to(type), bias.to(type), eps);
  }
};

}  // namespace mma
