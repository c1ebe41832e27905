#pragma once
#include <cstdint>
#include <vector>

#include "tasks/metrics.h"
#include "tasks/task.h"

namespace mma {

/// One class a sample.
const Task& multiclass_task();

/// [N, C] of 0 and 1: a 1 at the row's highest score, the first of equal ones.
std::vector<uint8_t> highest_labels(const Predictions& p);

/// The figures of N samples with one class each, the highest score being predicted: f1, precision
/// and recall (_micro, _macro, _weighted; as scikit-learn does, _macro is the mean over classes
/// that are the truth or the prediction of some sample), accuracy, and one against the rest
/// ap_macro and auroc_macro as multilabel_metrics() has them.
Metrics multiclass_metrics(const Predictions& p);

}  // namespace mma
