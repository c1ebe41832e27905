#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "data/samples.h"

namespace mma {

/// How the values of a real target spread over the samples of a split.
struct TargetSpread {
  double min = 0, max = 0, mean = 0;
  double deviation = 0;  ///< root of the mean squared distance from the mean (over N, not N - 1)
  int64_t distinct = 0;  ///< different values
};
/// Of each column of `targets` [N, width]; nothing without samples.
std::vector<TargetSpread> spread_of(const std::vector<float>& targets, size_t width);

/// A row for each target in each split. Of more than `most` targets the first, and a last line that
/// says how many are left out.
std::string target_table(
    const std::vector<std::string>& names,
    const std::vector<std::pair<std::string, std::vector<TargetSpread>>>& splits, size_t most);

/// What looks wrong with the targets of the train split, a line each: a constant, two values alone,
/// a value far from all others (a mark for missing ones, it may be).
std::vector<std::string> review_targets(const Samples& samples);

}  // namespace mma
