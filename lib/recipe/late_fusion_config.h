#pragma once
#include <cstdint>
#include <string>

#include "recipe/model_config.h"

namespace mma {

/// The recipe's section of LateFusion.
struct LateFusionConfig : ModelConfig {
  std::string text = "mean";
  int64_t hidden = 256;
  double dropout = 0.3, max_norm = 0;
  void fields(Fields& f) override;
  bool reads_text() const override { return text != "none"; }
  void adjust(EncoderConfig& config) const override;
  void check(const ModelSetting& setting, Faults& faults) const override;
  double least_trained(const ModelSetting& setting, int64_t labels) const override;
  /// Gated (`gmu`), or side by side (`concat`).
  virtual bool gated() const = 0;
};
struct GmuConfig : LateFusionConfig {
  bool gated() const override { return true; }
};
struct ConcatConfig : LateFusionConfig {
  bool gated() const override { return false; }
};

}  // namespace mma
