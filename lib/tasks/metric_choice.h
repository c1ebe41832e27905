#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mma {

/// Names of the metrics that have no value on samples with these labels, whatever the scores: an
/// average precision where no label has a positive, an AUROC where none has both. In the order of
/// the metrics; empty where all are defined; all of them without samples.
/// `truth` [N, labels] of 0 and 1, as in Predictions and Split.
std::vector<std::string> undefined_metrics(const std::vector<uint8_t>& truth, int64_t labels,
                                           bool multiclass);

/// Names of the metrics that can choose between models on samples with these labels: defined, and
/// higher where every score is right than where every score is wrong. (Without a positive F1 is
/// defined, but 0 for every model.) In the order of the metrics.
std::vector<std::string> telling_metrics(const std::vector<uint8_t>& truth, int64_t labels,
                                         bool multiclass);

}  // namespace mma
