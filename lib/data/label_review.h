#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/description.h"
#include "data/samples.h"
#include "data/target_review.h"

namespace mma {

/// How many samples of a split have each label, or how the values of each target spread.
struct LabelCounts {
  std::string split;
  int64_t samples = 0;
  std::vector<int64_t> counts;             ///< a label
  std::vector<TargetSpread> targets = {};  ///< a target, instead
};
LabelCounts count_labels(const SplitRows& rows, size_t labels);
LabelCounts count_labels(const std::string& name, const Split& split);

/// A row for each label with its count and share in each split; of targets see target_table(). Of
/// more than `most` labels those
/// that most samples of the first split have, and a last line that says how many are left out.
std::string label_table(const std::vector<std::string>& labels,
                        const std::vector<LabelCounts>& splits, size_t most);

/// What is wrong with the labels of a data set as a whole goes to `faults`: cells of several names
/// without `separator`, bits that were taken for names, a single class, no label at all. Returns
/// what only looks wrong, a line each: names that hold separators or brackets, that differ in case
/// alone or look like missing values; labels of few samples, of none or of all. Of targets see
/// review_targets().
std::vector<std::string> review_labels(const Description& description, const Samples& samples,
                                       Faults& faults);

}  // namespace mma
