#pragma once
#include <vector>

#include "tasks/metrics.h"

namespace mma {

/// The share of samples with each label, of a split's `truth` [N, labels].
std::vector<double> label_shares(const std::vector<uint8_t>& truth, int64_t labels);

/// What one predicts who sees no sample: every sample has each label's share as its score. Of
/// classes the most frequent one is given. The truth is that of `p`.
Predictions frequency_baseline(const Predictions& p, const std::vector<double>& shares);

}  // namespace mma
