#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "tasks/weighted_metric.h"

namespace mma {

/// A system as the bootstrap sees it: the metric of each of its runs, over the same samples.
using SystemMetrics = std::vector<std::unique_ptr<WeightedMetric>>;

/// values[g][r]: the mean over the runs of system g of their metric on resample r. A resample draws
/// `samples` samples with replacement (Efron & Tibshirani 1993, "An Introduction to the
/// Bootstrap"), the same for every system, so that their values are paired. Resample r is a
/// function of r and `samples` alone: the values do not depend on `threads`.
std::vector<std::vector<double>> bootstrap_means(const std::vector<SystemMetrics>& systems,
                                                 int64_t samples, int64_t resamples,
                                                 size_t threads);

/// The two-sided p-value of "both systems are equally good" from paired resamples (Koehn 2004,
/// "Statistical significance tests for machine translation evaluation"): with d_r = b_r - a_r,
///   p = min(1, 2 min((#{d_r <= 0} + 1) / (R + 1), (#{d_r >= 0} + 1) / (R + 1))).
/// Resamples on which a value is undefined are left out of R; NaN where none is left.
double paired_p_value(const std::vector<double>& a, const std::vector<double>& b);

/// 10,000, or fewer (never below 1,000) where one resample is much work: `pairs` is the number of
/// pairs of sample and label over all runs of all systems.
int64_t affordable_resamples(int64_t pairs);

}  // namespace mma
