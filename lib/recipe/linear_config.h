#pragma once
#include "recipe/backbone_summary.h"
#include "recipe/model_config.h"

namespace mma {

/// The recipe's section of FrozenLinear.
struct FrozenLinearConfig : ModelConfig {
  BackboneSummary summary;
  double init_std = 0.02, dropout = 0.1;
  void fields(Fields& f) override;
  void adjust(EncoderConfig& config) const override { summary.adjust(config); }
  void check(const ModelSetting& setting, Faults& faults) const override;
};

}  // namespace mma
