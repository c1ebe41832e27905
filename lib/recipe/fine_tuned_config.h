#pragma once
#include "recipe/backbone_dropout.h"
#include "recipe/backbone_summary.h"
#include "recipe/model_config.h"

namespace mma {

/// The recipe's section of FineTuned.
struct FineTunedConfig : ModelConfig {
  BackboneSummary summary;
  BackboneDropout dropout;
  double init_std = 0.02;
  void fields(Fields& f) override;
  void adjust(EncoderConfig& config) const override {
    summary.adjust(config);
    dropout.adjust(config);
  }
  bool trains_backbone() const override { return true; }
  void check(const ModelSetting& setting, Faults& faults) const override;
};

}  // namespace mma
