#pragma once
#include <torch/nn/module.h>
#include <torch/utils.h>

#include <map>
#include <string>

#include "nn/dropout.h"
#include "nn/gate_record.h"

namespace mma {

/// One modality of a batch.
struct ModalityValues {
  torch::Tensor values;   ///< [B, d] fp32, 0 where absent
  torch::Tensor present;  ///< [B, 1] fp32, 1 or 0
};

/// What the layers of one forward pass share.
struct Context {
  std::map<std::string, ModalityValues> modalities;
  DropoutState dropout;
  GateRecord* gates = nullptr;  ///< filled where given
};

}  // namespace mma
