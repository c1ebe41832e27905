#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/description.h"
#include "data/samples.h"

namespace mma {

/// How many samples of a split have each label.
struct LabelCounts {
  std::string split;
  int64_t samples = 0;
  std::vector<int64_t> counts;  ///< a label
};
LabelCounts count_labels(const SplitRows& rows, size_t labels);

/// A row for each label with its count and share in each split. Of more than `most` labels those
/// that most samples of the first split have, and a last line that says how many are left out.
std::string label_table(const std::vector<std::string>& labels,
                        const std::vector<LabelCounts>& splits, size_t most);

/// What is wrong with the labels of a data set as a whole goes to `faults`: cells of several names
/// without `separator`, bits that were taken for names, a single class, no label at all. Returns
/// what only looks wrong, a line each: names that hold separators or brackets, that differ in case
/// alone or look like missing values; labels of few samples, of none or of all.
std::vector<std::string> review_labels(const Description& description, const Samples& samples,
                                       Faults& faults);

}  // namespace mma
