#pragma once
#include <cstdint>

#include "models/model.h"

namespace mma {

/// Numbers of a model's parameters: those that are trained, and the rest of its backbone.
struct ParameterCounts {
  int64_t trained = 0, frozen = 0;
};
ParameterCounts count_parameters(Model& model, const EncoderConfig& backbone);

}  // namespace mma
