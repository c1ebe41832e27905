#pragma once
#include "tasks/metrics.h"
#include "tasks/task.h"

namespace mma {

/// A real number for each of one or more targets. Scores are predictions in the targets' own units.
const Task& regression_task();

/// The figures of target_metrics() (mae, rmse, pearson, spearman, and those of the sign), of
/// several targets the mean over those where it is defined.
Metrics regression_metrics(const Predictions& p);

}  // namespace mma
