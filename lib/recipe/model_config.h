#pragma once
#include <string>
#include <vector>

#include "backbones/encoder_config.h"
#include "base/config.h"
#include "data/modality_size.h"

namespace mma {

/// What a recipe's model is checked against, before anything large is read.
struct ModelSetting {
  const EncoderConfig& backbone;
  const std::vector<ModalitySize>& modalities;  ///< the recipe's, as the pack has them
};

/// A model's section of the recipe: plain data.
class ModelConfig {
 public:
  virtual ~ModelConfig() = default;
  virtual void fields(Fields& f) = 0;
  /// What the recipe changes of the backbone's own configuration (dropout).
  virtual void adjust(EncoderConfig&) const {}
  /// Whether it reads texts, through a backbone; the others see the modalities alone.
  virtual bool reads_text() const { return true; }
  /// Whether the backbone's own weights are trained.
  virtual bool trains_backbone() const { return false; }
  /// What its fusion puts side by side, in this order: text, if it reads one, and modalities.
  virtual std::vector<std::string> inputs(const std::vector<ModalitySize>& modalities) const;
  /// The trained models that this one is made of, by name: run directories or model folders.
  virtual OrderedMap from() const { return {}; }
  /// Why a trained model of this kind cannot be one of those; "" where it can.
  virtual std::string unfit_as_part() const { return "it has no adapters"; }
  /// Adds faults that only show once backbone and pack are known.
  virtual void check(const ModelSetting&, Faults&) const {}
  /// What the model trains at the least, by its largest matrices: a file of its tensors must hold
  /// as many numbers, before anything of their size is built. By default a classifier's.
  virtual double least_trained(const ModelSetting& setting, int64_t labels) const {
    return static_cast<double>(setting.backbone.hidden_size) * static_cast<double>(labels);
  }
};

/// Adds a fault where a model of text alone is given modalities.
void check_text_only(const std::string& model, const ModelSetting& setting, Faults& faults);

/// Adds a fault where a model reads neither text nor modalities.
void check_any_input(const ModelConfig& model, const ModelSetting& setting, Faults& faults);

/// The numbers of a GMU's gates over k inputs of width p (nn/gmu.h).
inline double gate_numbers(double k, double p) { return (k > 2 ? k : k == 2 ? 1 : 0) * k * p * p; }

}  // namespace mma
