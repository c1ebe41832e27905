#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "nn/dropout.h"
#include "nn/rows.h"

namespace mma {

/// A modality's name and the width of its vector.
struct ModalitySize {
  std::string name;
  int64_t width = 0;
};

/// One modality of a batch.
struct ModalityValues {
  torch::Tensor values;   ///< [B, d] fp32, 0 where absent
  torch::Tensor present;  ///< [B, 1] fp32, 1 or 0
};

/// Mean gate of each input of the GMUs: what the model listened to. Averaged over a gate's units,
/// a sample's tokens and the adapters that were passed.
struct GateRecord {
  torch::Tensor sum;  ///< [B, k] over sites, text first
  int64_t sites = 0;
};

/// What the layers of one forward pass share.
struct Context {
  std::map<std::string, ModalityValues> modalities;
  DropoutState dropout;
  GateRecord* gates = nullptr;  ///< filled where given
};

/// Something that stands on a sub-layer's output (after its dense and dropout, before the residual
/// sum): adapters of all kinds. A layer without one is plain BERT.
struct SublayerPlugin : torch::nn::Module {
  /// hidden [N, H] -> [N, H]; `rows` tells which sample each row belongs to.
  virtual torch::Tensor forward(const torch::Tensor& hidden, const Rows& rows,
                                Context& context) = 0;
};

/// A tensor and the name it has in files.
using NamedTensor = std::pair<std::string, torch::Tensor>;
using NamedTensors = std::vector<NamedTensor>;

}  // namespace mma
