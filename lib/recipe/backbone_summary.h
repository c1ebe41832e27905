#pragma once
#include <string>

#include "recipe/model_config.h"

namespace mma {

/// The recipe's choice of what the backbone gives for a text (EncoderConfig::summary).
struct BackboneSummary {
  std::string choice = "auto";
  void field(Fields& f);
  void adjust(EncoderConfig& config) const { config.summary = choice; }
  /// Adds a fault where the backbone has no pooler and one is asked for; `key` is the recipe's.
  static void check(const std::string& choice, const std::string& key, const ModelSetting& setting,
                    Faults& faults);
  void check(const ModelSetting& setting, Faults& faults) const {
    check(choice, "model.summary", setting, faults);
  }
};

}  // namespace mma
