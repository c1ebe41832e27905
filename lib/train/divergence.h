#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/pack.h"

namespace mma {

/// What to say of a step whose loss or gradient is not finite.
struct Divergence {
  std::string step;    ///< what was found, and with which samples
  std::string advice;  ///< "; ..." what to do: where a feature is far from what training can use,
                       ///< look at it
};
Divergence describe_divergence(const Split& split, const std::vector<int64_t>& samples,
                               int64_t step, double loss, double norm);

}  // namespace mma
