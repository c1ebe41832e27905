#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tasks/decisions.h"
#include "tasks/metrics.h"

namespace mma {

// What multilabel and multiclass have in common. `predicted` [N, C] of 0 and 1: what was decided.

/// One label's figures. F1, precision and recall are 0 where their denominator is; average
/// precision and AUROC are NaN where the label has no positives, AUROC also where it has no
/// negatives.
struct LabelMetrics {
  int64_t count = 0;  ///< positives
  double f1 = 0, precision = 0, recall = 0, average_precision = 0, auroc = 0;
};
/// Each label's own figures; multiclass: each class against the rest.
std::vector<LabelMetrics> per_label_metrics(const Predictions& p,
                                            const std::vector<uint8_t>& predicted);
/// The same as a table.
LabelFigures class_label_figures(const Predictions& p, const std::vector<uint8_t>& predicted);

/// Those of them that tables show: name and head.
const std::vector<std::pair<std::string, std::string>>& shown_class_figures();

/// Adds F1, precision and recall in all their averages; the mean over `samples` where that is
/// given.
void add_decision_figures(Metrics& metrics, const std::vector<Counts>& labels,
                          const std::vector<Counts>* samples, Labels macro_over);
/// Of each label; where it has no positive, neither figure is defined.
std::vector<Ranking> rank_labels(const Predictions& p);

/// Refuses predictions and thresholds whose sizes do not fit, and scores that are not numbers.
void check_class_predictions(const Predictions& p, const std::vector<double>& thresholds = {});

/// The truth with scores of 1 and 0 that are all right, or all wrong.
Predictions extreme_scores(const Predictions& truth, bool right);

}  // namespace mma
