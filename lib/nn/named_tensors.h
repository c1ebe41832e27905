#pragma once
#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

namespace mma {

/// A tensor and the name it has in files.
using NamedTensor = std::pair<std::string, torch::Tensor>;
using NamedTensors = std::vector<NamedTensor>;

}  // namespace mma
