#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "nn/dense.h"
#include "nn/dropout.h"
#include "nn/rows.h"

namespace mma {

/// A modality's name and the width of its vector, or of its `segments` vectors together.
struct ModalitySize {
  std::string name;
  int64_t width = 0;
  int64_t segments = 1;
};

/// One modality of a batch.
struct ModalityValues {
  torch::Tensor values;   ///< [B, d] fp32, 0 where absent
  torch::Tensor present;  ///< [B, 1] fp32, 1 or 0
};

/// Mean gate of each input of the GMUs: what the model listened to. Averaged over a gate's units,
/// a sample's tokens and the adapters that were passed.
struct GateRecord {
  std::vector<std::string> inputs;  ///< [k] "text" or a modality's name
  torch::Tensor sum;                ///< [B, k] over sites
  int64_t sites = 0;
  /// Adds one site's gates, [B, k].
  void add(const std::vector<std::string>& names, const torch::Tensor& gates) {
    torch::NoGradGuard no_grad;
    inputs = names;
    sum = sum.defined() ? sum + gates : gates;
    ++sites;
  }
};

/// What the layers of one forward pass share.
struct Context {
  std::map<std::string, ModalityValues> modalities;
  DropoutState dropout;
  GateRecord* gates = nullptr;  ///< filled where given
};

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
  virtual torch::Tensor change(const SublayerOutput& output, const Rows& rows,
                               Context& context) = 0;
};

/// The plugins of one layer; nullptr is none.
struct LayerPlugins {
  SublayerPlugin* attention = nullptr;
  SublayerPlugin* output = nullptr;
};

/// A tensor and the name it has in files.
using NamedTensor = std::pair<std::string, torch::Tensor>;
using NamedTensors = std::vector<NamedTensor>;

}  // namespace mma
