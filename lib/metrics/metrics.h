#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mma {

/// Scores and truth of N samples and C labels, row by row.
struct Predictions {
  int64_t labels = 0;           ///< C
  std::vector<uint8_t> truth;   ///< [N, C], 0 or 1 (multiclass: one 1 a row)
  std::vector<double> scores;   ///< [N, C], sigmoid or softmax
  int64_t size() const { return labels == 0 ? 0 : static_cast<int64_t>(truth.size()) / labels; }
};

/// Named figures in the order of the table, e.g. {"f1_micro", 0.61}; NaN where undefined.
using Metrics = std::vector<std::pair<std::string, double>>;

/// One label's figures; NaN where undefined (no positives).
struct LabelMetrics {
  int64_t count = 0;  ///< positives
  double f1 = 0, average_precision = 0, auroc = 0;
};

/// F1 (micro, macro, weighted, samples), average precision (micro, macro, samples), AUROC (micro,
/// macro), accuracy; as scikit-learn computes them, ties included. `thresholds`: one a label, empty
/// for 0.5.
Metrics multilabel_metrics(const Predictions& p, const std::vector<double>& thresholds = {});
/// Accuracy, F1 and the rankings for one class a sample (the highest score is predicted).
Metrics multiclass_metrics(const Predictions& p);
std::vector<LabelMetrics> per_label_metrics(const Predictions& p, bool multiclass,
                                            const std::vector<double>& thresholds = {});
/// The figure of that name; UserError with the known names.
double metric(const Metrics& metrics, const std::string& name);

}  // namespace mma
