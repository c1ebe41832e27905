#pragma once
#include "recipe/backbone_dropout.h"
#include "recipe/backbone_summary.h"
#include "recipe/model_config.h"

namespace mma {

/// What the sections of models have in common that go through the backbone in every step: what it
/// gives for a text, and its dropout.
struct EncoderModelConfig : ModelConfig {
  BackboneSummary summary;
  BackboneDropout dropout;
  void adjust(EncoderConfig& config) const override {
    summary.adjust(config);
    dropout.adjust(config);
  }
  void check(const ModelSetting& setting, Faults& faults) const override {
    summary.check(setting, faults);
  }

 protected:
  void encoder_fields(Fields& f) {
    summary.field(f);
    dropout.field(f);
  }
};

}  // namespace mma
