#pragma once
#include <torch/types.h>

#include <cstdint>
#include <string_view>

namespace mma {

/// Fills a tensor with normal numbers, a function of (seed, name) alone: the same weights whatever
/// else is initialised, in any order, on any device.
void init_normal(torch::Tensor tensor, double std, uint64_t seed, std::string_view name);

}  // namespace mma
