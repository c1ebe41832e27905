#pragma once
#include <string>

#include "data/encoder_layout.h"
#include "recipe/backbone_dropout.h"
#include "recipe/backbone_summary.h"
#include "recipe/model_config.h"

namespace mma {

/// The recipe's section of LoraModel.
struct LoraConfig : ModelConfig {
  int64_t rank = 8;
  double alpha = 8;
  Names targets{"query", "value"};
  std::string layers = "all";
  double lora_dropout = 0;
  BackboneSummary summary;
  BackboneDropout dropout;
  double init_std = 0.02;
  void fields(Fields& f) override;
  void adjust(EncoderConfig& config) const override {
    summary.adjust(config);
    dropout.adjust(config);
  }
  std::string unfit_as_part() const override;
  void check(const ModelSetting& setting, Faults& faults) const override;
  double least_trained(const ModelSetting& setting, int64_t labels) const override;
  /// Those of the maps of a layer that learn.
  Table<LinearMap> target_maps(const EncoderConfig& backbone) const;
};

}  // namespace mma
