#pragma once
#include <torch/nn/module.h>

#include "nn/context.h"
#include "nn/linear_plugin.h"
#include "nn/norm.h"
#include "nn/rows.h"

namespace mma {

/// What a plugin sees: a sub-layer's output after its dense and dropout, before the residual sum
/// and its LayerNorm.
struct SublayerOutput {
  torch::Tensor hidden;    ///< [N, H]
  torch::Tensor residual;  ///< [N, H], the sub-layer's input
  const Norm& norm;        ///< the backbone's, of hidden + residual
};

/// Something that changes a sub-layer's output: adapters of all kinds. A layer without one is plain
/// BERT.
struct SublayerPlugin : torch::nn::Module {
  /// What is added to hidden, [N, H]; `rows` tells which sample each row belongs to.
  virtual torch::Tensor delta(const SublayerOutput& output, const Rows& rows, Context& context) = 0;
};

/// The plugins of one layer; nullptr is none.
struct LayerPlugins {
  SublayerPlugin* attention = nullptr;
  SublayerPlugin* output = nullptr;
  LinearPlugins linear = {};
  bool any() const { return attention || output || linear.any(); }
};

}  // namespace mma
