#pragma once
#include <torch/nn/module.h>

#include "base/names.h"
#include "nn/context.h"
#include "nn/rows.h"

namespace mma {

/// Something that changes a linear map y = W x + b of a layer: it adds delta(x) to y.
struct LinearPlugin : torch::nn::Module {
  /// [N, out] of x [N, in]; `rows` tells which sample each row belongs to.
  virtual torch::Tensor delta(const torch::Tensor& x, const Rows& rows, Context& context) = 0;
};

/// The plugins on the linear maps of one layer; nullptr is none. The intermediate map is the
/// feed-forward's first, before the activation; the output map its second.
struct LinearPlugins {
  LinearPlugin *query = nullptr, *key = nullptr, *value = nullptr, *attention_out = nullptr,
               *intermediate = nullptr, *output = nullptr;
  bool any() const { return query || key || value || attention_out || intermediate || output; }
};

/// All of them by the maps' names in recipes (data/encoder_layout.h).
const Table<LinearPlugin * LinearPlugins::*>& linear_plug_points();

/// y [N, *] with the plugin's delta(x) added to its columns from `first` on: y itself, which is
/// written to and must be nobody else's, since several maps may have been computed as one.
/// Without a plugin nothing is done. The gradient of y passes as it is, that of delta is its
/// columns.
torch::Tensor plug(torch::Tensor y, int64_t first, LinearPlugin* plugin, const torch::Tensor& x,
                   const Rows& rows, Context& context);

}  // namespace mma
