#pragma once
#include <string>

#include "base/config.h"
#include "nn/bert_config.h"

namespace mma {

/// The recipe's choice of the backbone's dropout: "backbone", as its config.json says, or one
/// probability for hidden states and attention alike.
struct BackboneDropout {
  std::string choice = "backbone";
  void field(Fields& f);
  void adjust(BertConfig& config) const;
};

}  // namespace mma
