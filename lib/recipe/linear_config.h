#pragma once
#include "recipe/model_config.h"

namespace mma {

/// The recipe's section of FrozenLinear.
struct FrozenLinearConfig : ModelConfig {
  double init_std = 0.02, dropout = 0.1;
  void fields(Fields& f) override;
  void check(const ModelSetting& setting, Faults& faults) const override;
};

}  // namespace mma
