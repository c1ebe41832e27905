#pragma once
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "nn/norm.h"

namespace mma {

/// x W^T + b in the type of x: trained weights stay in fp32 and are cast here.
inline torch::Tensor linear(const torch::Tensor& x, const torch::nn::LinearImpl& layer) {
  auto type = x.scalar_type();
  auto bias = layer.bias.defined() ? layer.bias.to(type) : torch::Tensor();
  return torch::linear(x, layer.weight.to(type), bias);
}

/// LayerNorm over the last axis in the type of x.
inline torch::Tensor layer_norm(const torch::Tensor& x, const torch::nn::LayerNormImpl& norm) {
  return layer_norm(norm.weight, norm.bias, norm.options.eps(), {x});
}

}  // namespace mma
