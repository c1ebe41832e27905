#pragma once
#include <string>
#include <vector>

#include "backbones/bert_config.h"
#include "base/config.h"
#include "data/modality_size.h"

namespace mma {

/// What a recipe's model is checked against, before anything large is read.
struct ModelSetting {
  const BertConfig& backbone;
  const std::vector<ModalitySize>& modalities;  ///< the recipe's, as the pack has them
};

/// A model's section of the recipe: plain data.
class ModelConfig {
 public:
  virtual ~ModelConfig() = default;
  virtual void fields(Fields& f) = 0;
  /// What the recipe changes of the backbone's own configuration (dropout).
  virtual void adjust(BertConfig&) const {}
  /// Whether the backbone's own weights are trained.
  virtual bool trains_backbone() const { return false; }
  /// The trained models that this one is made of, by name: run directories or model folders.
  virtual OrderedMap from() const { return {}; }
  /// Why a trained model of this kind cannot be one of those; "" where it can.
  virtual std::string unfit_as_part() const { return "it has no adapters"; }
  /// Adds faults that only show once backbone and pack are known.
  virtual void check(const ModelSetting&, Faults&) const {}
};

/// Adds a fault where a model of text alone is given modalities.
void check_text_only(const std::string& model, const ModelSetting& setting, Faults& faults);

}  // namespace mma
