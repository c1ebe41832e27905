#pragma once
#include <string>

#include "recipe/backbone_summary.h"
#include "recipe/model_config.h"

namespace mma {

/// The recipe's section of FrozenLinear.
struct FrozenLinearConfig : ModelConfig {
  std::string text = "summary";
  BackboneSummary summary;
  double init_std = 0.02, dropout = 0.1;
  void fields(Fields& f) override;
  bool reads_text() const override { return text != "none"; }
  void adjust(EncoderConfig& config) const override { summary.adjust(config); }
  void check(const ModelSetting& setting, Faults& faults) const override;
  double least_trained(const ModelSetting& setting, int64_t labels) const override;
};

}  // namespace mma
