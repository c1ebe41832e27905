#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/label_review.h"
#include "data/pack.h"

namespace mma {

/// What a pack holds of a split; its vectors are not read.
struct SplitSummary {
  LabelCounts labels;
  int64_t truncated = 0, dropped = 0;
  std::vector<int64_t> lengths;  ///< of the texts, in tokens, sorted
  std::vector<int64_t> missing;  ///< samples without it, one a modality
};
SplitSummary summarise_split(const Pack& pack, const std::string& name);

/// The smallest length that `share` of the samples do not exceed; `sorted` is not empty.
int64_t length_quantile(const std::vector<int64_t>& sorted, double share);

}  // namespace mma
