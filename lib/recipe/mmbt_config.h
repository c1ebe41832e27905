#pragma once
#include "recipe/backbone_dropout.h"
#include "recipe/backbone_summary.h"
#include "recipe/model_config.h"

namespace mma {

/// The recipe's section of Mmbt.
struct MmbtConfig : ModelConfig {
  BackboneSummary summary;
  BackboneDropout dropout;
  double init_std = 0.02;
  int64_t freeze_text = 0, freeze_modalities = 0;
  void fields(Fields& f) override;
  void adjust(EncoderConfig& config) const override {
    summary.adjust(config);
    dropout.adjust(config);
  }
  bool trains_backbone() const override { return true; }
  void check(const ModelSetting& setting, Faults& faults) const override;
  double least_trained(const ModelSetting& setting, int64_t labels) const override;
};

/// Tokens that the modalities take in each sample's sequence: one a vector.
int64_t tokens_of(const std::vector<ModalitySize>& modalities);

}  // namespace mma
