#pragma once
#include "recipe/backbone_dropout.h"
#include "recipe/backbone_summary.h"
#include "recipe/model_config.h"

namespace mma {

/// The recipe's section of FusedAdapters.
struct FusedAdaptersConfig : ModelConfig {
  OrderedMap parts;
  BackboneSummary summary;
  BackboneDropout dropout;
  double init_std = 0.02, value_regulariser = 0.01;
  void fields(Fields& f) override;
  void adjust(EncoderConfig& config) const override {
    summary.adjust(config);
    dropout.adjust(config);
  }
  OrderedMap from() const override { return parts; }
  void check(const ModelSetting& setting, Faults& faults) const override;
};

}  // namespace mma
