#pragma once
#include "recipe/encoder_model_config.h"

namespace mma {

/// The recipe's section of FusedAdapters.
struct FusedAdaptersConfig : EncoderModelConfig {
  OrderedMap parts;
  double init_std = 0.02, value_regulariser = 0.01;
  void fields(Fields& f) override;
  OrderedMap from() const override { return parts; }
  void check(const ModelSetting& setting, Faults& faults) const override;
};

}  // namespace mma
