#pragma once
#include <string>

#include "backbones/encoder_config.h"
#include "base/config.h"

namespace mma {

/// The recipe's choice of the backbone's dropout: "backbone", as its config.json says, or one
/// probability for hidden states and attention alike.
struct BackboneDropout {
  std::string choice = "backbone";
  void field(Fields& f);
  void adjust(EncoderConfig& config) const;
};

}  // namespace mma
