#pragma once
#include <string>
#include <vector>

#include "recipe/encoder_model_config.h"

namespace mma {

/// Largest bottleneck of an adapter, whoever asks for it.
constexpr int64_t kWidestBottleneck = 65536;

/// The recipe's section of MmAdapter.
struct MmAdapterConfig : EncoderModelConfig {
  int64_t bottleneck = 64;
  std::string activation = "gelu_tanh";
  std::string layers = "all";
  std::string placement = "houlsby";
  double scaling = 1;
  double init_std = 0.05, up_init_std = 1e-3;
  bool train_layer_norms = false;
  bool share_modality_projections = false;
  std::string frozen_prefix = "recomputed";
  bool layer_norm = true, after_norm = false;  // see AdapterOptions
  void fields(Fields& f) override;
  std::string unfit_as_part() const override;
  void check(const ModelSetting& setting, Faults& faults) const override;
  double least_trained(const ModelSetting& setting, int64_t labels) const override;
};

}  // namespace mma
