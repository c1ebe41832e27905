#pragma once
#include <vector>

#include "tasks/metrics.h"

namespace mma {

/// For each label the threshold whose decisions (score > threshold) have the highest F1 on these
/// predictions, to be used on others. Candidates are the midpoints between neighbouring distinct
/// scores, and one that lets every sample through: 0.5 where that does, or half the lowest score
/// (the lowest less one where that is not positive). Of equal F1 the candidate nearest to 0.5 is
/// taken, then the higher. A label without positives keeps 0.5.
std::vector<double> f1_thresholds(const Predictions& p);

}  // namespace mma
