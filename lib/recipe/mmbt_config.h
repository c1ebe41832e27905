#pragma once
#include "recipe/encoder_model_config.h"

namespace mma {

/// The recipe's section of Mmbt.
struct MmbtConfig : EncoderModelConfig {
  double init_std = 0.02;
  int64_t freeze_text = 0, freeze_modalities = 0;
  void fields(Fields& f) override;
  bool trains_backbone() const override { return true; }
  void check(const ModelSetting& setting, Faults& faults) const override;
  double least_trained(const ModelSetting& setting, int64_t labels) const override;
};

/// Tokens that the modalities take in each sample's sequence: one a vector.
int64_t tokens_of(const std::vector<ModalitySize>& modalities);

}  // namespace mma
