#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tasks/metrics.h"

namespace mma {

/// How many samples of a true class were given a class; where the two are the same, rightly.
struct Confusion {
  size_t truth = 0, given = 0;
  int64_t count = 0;
  bool operator==(const Confusion&) const = default;
};

/// The confusion matrix of one class a sample, the highest score being given (the first of equal
/// ones): its entries that are not 0, row by row.
std::vector<Confusion> confusion_matrix(const Predictions& p);

/// The wrong ones among them, the most frequent first.
std::vector<Confusion> most_frequent_confusions(const std::vector<Confusion>& matrix);

}  // namespace mma
