#include "nn/batch_norm.h"

#include <torch/utils.h>

namespace mma {

BatchNormImpl::BatchNormImpl(int64_t width) {
  weight_ = register_parameter("weight", torch::ones({width}));
  bias_ = register_parameter("bias", torch::zeros({width}));
  running_mean_ = register_buffer("running_mean", torch::zeros({width}));
  running_var_ = register_buffer("running_var", torch::ones({width}));
}

torch::Tensor BatchNormImpl::forward(const torch::Tensor& x, bool training,
                                     const torch::Tensor& present) {
  constexpr double kEps = 1e-5, kMomentum = 0.1;
  auto counted = present.defined() ? present : torch::ones({x.size(0), 1}, x.options());
  const double n = training ? counted.sum().item<double>() : 0;
  auto mean = running_mean_, var = running_var_;
  if (n >= 2) {
    mean = (x * counted).sum(0) / n;
    var = ((x - mean).square() * counted).sum(0) / n;
    torch::NoGradGuard no_grad;
    running_mean_.lerp_(mean, kMomentum);
    running_var_.lerp_(var * (n / (n - 1)), kMomentum);
  }
  return (x - mean) * torch::rsqrt(var + kEps) * weight_ + bias_;
}

}  // namespace mma
