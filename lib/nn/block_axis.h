#pragma once
#include <cstdint>
#include <map>
#include <string>

namespace mma {

/// An axis of a tensor that is made of blocks in the model's order: equal ones, one for each of its
/// labels (a row of the classifier) or inputs (columns of a gate); or for each input as many as it
/// has numbers (kInputNumbers: columns that multiply the inputs themselves, side by side).
struct BlockAxis {
  enum class Of { kLabels, kInputs, kInputNumbers } of;
  int64_t dim;
};
/// By the tensors' names in files.
using BlockAxes = std::map<std::string, BlockAxis>;

}  // namespace mma
