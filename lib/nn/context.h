#pragma once
#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "nn/dropout.h"
#include "nn/norm.h"
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
/// a sample's tokens and the sites (adapters) that have the input.
struct GateRecord {
  std::vector<std::string> inputs;  ///< [k] "text", a modality's name, or a fused part's
  std::vector<torch::Tensor> sums;  ///< [k] of [B], over sites
  std::vector<int64_t> sites;       ///< [k]
  /// Adds one site's gates, [B, k] for its k inputs.
  void add(const std::vector<std::string>& names, const torch::Tensor& gates) {
    torch::NoGradGuard no_grad;
    for (size_t i = 0; i < names.size(); ++i) {
      auto gate = gates.select(1, static_cast<int64_t>(i));
      auto at = std::find(inputs.begin(), inputs.end(), names[i]) - inputs.begin();
      if (at == std::ssize(inputs)) {
        inputs.push_back(names[i]);
        sums.push_back(gate);
        sites.push_back(1);
      } else {
        sums[static_cast<size_t>(at)] = sums[static_cast<size_t>(at)] + gate;
        ++sites[static_cast<size_t>(at)];
      }
    }
  }
  /// [B, k]
  torch::Tensor means() const {
    std::vector<torch::Tensor> columns;
    for (size_t i = 0; i < sums.size(); ++i)
      columns.push_back(sums[i] / static_cast<double>(sites[i]));
    return torch::stack(columns, 1);
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
