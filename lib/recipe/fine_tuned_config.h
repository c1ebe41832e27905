#pragma once
#include "recipe/encoder_model_config.h"

namespace mma {

/// The recipe's section of FineTuned.
struct FineTunedConfig : EncoderModelConfig {
  double init_std = 0.02;
  void fields(Fields& f) override;
  bool trains_backbone() const override { return true; }
  void check(const ModelSetting& setting, Faults& faults) const override;
};

}  // namespace mma
