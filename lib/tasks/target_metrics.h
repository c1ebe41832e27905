#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/names.h"
#include "tasks/weighted_metric.h"

namespace mma {

/// Truth y and prediction s of one real target, [N] each.
struct TargetColumn {
  std::vector<double> truth, predicted;
};
TargetColumn target_column(const Predictions& p, size_t target);

/// Every figure of one target by its name, as a function of how often each sample counts. As
/// scikit-learn and SciPy compute them; NaN without samples.
///   mae = mean |y - s|,  rmse = root of the mean (y - s)^2
///   pearson = the correlation of y and s; NaN where either is constant
///   spearman = that of their ranks, equal values having the mean of theirs
/// and, of a target whose sign says something (a sentiment), the two-class figures of the sign in
/// the two ways in which they are published: _has0, y >= 0 against y < 0 of all samples, and _non0,
/// y > 0 against y < 0 of the samples where y is not 0 (s likewise: s >= 0, s > 0):
///   acc2 = the share of samples whose sign is right
///   f1_sign = F1 of either sign, their mean weighted by how often each is the truth
/// both NaN unless either sign is the truth of some sample.
using TargetMetricMaker = std::unique_ptr<WeightedMetric> (*)(const TargetColumn& column);
const Table<TargetMetricMaker>& target_metrics();

}  // namespace mma
