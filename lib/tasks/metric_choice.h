#pragma once
#include <string>
#include <vector>

#include "tasks/task.h"

namespace mma {

/// Names of the metrics that have no value on samples with this truth, whatever the scores: an
/// average precision where no label has a positive, an AUROC where none has both. In the order of
/// the metrics; empty where all are defined; all of them without samples. The scores of `truth` are
/// not looked at (truth_of).
std::vector<std::string> undefined_metrics(const Task& task, const Predictions& truth);

/// Names of the metrics that can choose between models on samples with this truth: defined, and
/// better where every score is right than where every score is wrong. (Without a positive F1 is
/// defined, but 0 for every model.) In the order of the metrics.
std::vector<std::string> telling_metrics(const Task& task, const Predictions& truth);

}  // namespace mma
