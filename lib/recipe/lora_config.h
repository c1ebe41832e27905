#pragma once
#include <string>

#include "data/encoder_layout.h"
#include "recipe/encoder_model_config.h"

namespace mma {

/// The recipe's section of LoraModel.
struct LoraConfig : EncoderModelConfig {
  int64_t rank = 8;
  double alpha = 8;
  Names targets{"query", "value"};
  std::string layers = "all";
  double lora_dropout = 0;
  double init_std = 0.02;
  void fields(Fields& f) override;
  std::string unfit_as_part() const override;
  void check(const ModelSetting& setting, Faults& faults) const override;
  double least_trained(const ModelSetting& setting, int64_t labels) const override;
  /// Those of the maps of a layer that learn.
  Table<LinearMap> target_maps(const EncoderConfig& backbone) const;
};

}  // namespace mma
