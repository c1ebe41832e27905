#pragma once
#include "recipe/mm_adapter_config.h"

namespace mma {

/// Bottleneck adapters on text alone (Houlsby et al. 2019, arXiv:1902.00751), by default with a
/// LayerNorm in front: MmAdapter without modalities, the backbone's LayerNorms trained by default
/// as in the paper. `placement: pfeiffer` with `after_norm: true` and `layer_norm: false` gives the
/// adapters of Pfeiffer et al. 2021 to the letter, `placement: parallel` with `layer_norm: false`
/// and `scaling: 4` those of He et al. 2022 (arXiv:2110.04366).
/// Count: 2 L adapters (pfeiffer, parallel: L) + classifier + 4 L H for the LayerNorms.
struct HoulsbyConfig : MmAdapterConfig {
  HoulsbyConfig() { train_layer_norms = true; }
  void fields(Fields& f) override;
  void check(const ModelSetting& setting, Faults& faults) const override;
};

}  // namespace mma
