#pragma once
#include <torch/nn/module.h>

namespace mma {

/// Batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167) of [B, D] over the samples that
/// are there:
///   y = (x - mean) / sqrt(var + 1e-5) * weight + bias
/// In training, mean and (biased) variance are those of the batch's rows with present = 1, and the
/// running ones move towards them by 0.1 (the variance's unbiased, as in PyTorch); otherwise, and
/// for a batch with fewer than two such rows, the running ones are used.
/// Parameters: weight, bias; buffers: running_mean, running_var.
struct BatchNormImpl : torch::nn::Module {
  explicit BatchNormImpl(int64_t width);
  /// x [B, D], present [B, 1] of 0 and 1, or undefined for all.
  torch::Tensor forward(const torch::Tensor& x, bool training, const torch::Tensor& present = {});

 private:
  torch::Tensor weight_, bias_, running_mean_, running_var_;
};
TORCH_MODULE(BatchNorm);

}  // namespace mma
