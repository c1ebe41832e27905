#pragma once
#include <cstdint>
#include <map>
#include <string>

namespace mma {

/// An axis of a tensor that is made of equal blocks, one for each of a model's labels (a row of the
/// classifier) or for each of its inputs (columns of a gate), in the model's order.
struct BlockAxis {
  enum class Of { kLabels, kInputs } of;
  int64_t dim;
};
/// By the tensors' names in files.
using BlockAxes = std::map<std::string, BlockAxis>;

}  // namespace mma
