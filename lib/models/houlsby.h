#pragma once
#include "models/mm_adapter.h"

namespace mma {

/// Bottleneck adapters on text alone (Houlsby et al. 2019, arXiv:1902.00751), each with a LayerNorm
/// in front: MmAdapter without modalities, the backbone's LayerNorms trained by default as in the
/// paper. `placement: pfeiffer` gives the adapters that AdapterFusion is made of.
/// Count: 2 L adapters (pfeiffer: L) + classifier + 4 L H for the LayerNorms.
struct HoulsbyConfig : MmAdapterConfig {
  HoulsbyConfig() { train_layer_norms = true; }
  void check(const BertConfig& config, const std::vector<std::string>& modalities,
             Faults& faults) const override;
};

}  // namespace mma
