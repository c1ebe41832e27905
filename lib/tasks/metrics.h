#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mma {

/// Scores and truth of N samples and C labels, row by row.
struct Predictions {
  int64_t labels = 0;          ///< C
  std::vector<uint8_t> truth;  ///< [N, C], 0 or 1 (multiclass: one 1 a row)
  std::vector<double> scores;  ///< [N, C], sigmoid or softmax; never NaN
  int64_t size() const { return labels == 0 ? 0 : static_cast<int64_t>(truth.size()) / labels; }
};

/// Named figures in the order of the table, e.g. {"f1_micro", 0.61}; NaN where undefined. Without
/// samples every figure is NaN.
using Metrics = std::vector<std::pair<std::string, double>>;

/// One label's figures. F1, precision and recall are 0 where their denominator is; average
/// precision and AUROC are NaN where the label has no positives, AUROC also where it has no
/// negatives.
struct LabelMetrics {
  int64_t count = 0;  ///< positives
  double f1 = 0, precision = 0, recall = 0, average_precision = 0, auroc = 0;
};

/// [N, C] of 0 and 1: multilabel, score > threshold of its label (`thresholds` empty: 0.5;
/// the reference figures count a score of 0.5 as no); multiclass, a 1 at the row's highest score,
/// the first of equal ones.
std::vector<uint8_t> predicted_labels(const Predictions& p, bool multiclass,
                                      const std::vector<double>& thresholds = {});

/// The figures of N samples with any number of labels each, as scikit-learn computes them
/// (zero_division=0). With tp, fp, fn counted over whatever the average says:
///   precision = tp / (tp + fp), recall = tp / (tp + fn), f1 = 2 tp / (2 tp + fp + fn);
///   _micro over all pairs of sample and label, _macro the mean over labels, _weighted the same
///   weighted by each label's positives, _samples the mean over samples (an empty row counts 0).
///   ap = sum over distinct scores, highest first, of (R_n - R_{n-1}) P_n, where P_n and R_n are
///   precision and recall of all that scores at least that much. A label without positives has no
///   ap and is left out of the mean over labels (scikit-learn counts it as 0); a sample without
///   positives counts as 0 in ap_samples.
///   auroc = the share of pairs of a positive and a negative that are in order, ties half; labels
///   of one class only are left out of the means.
///   subset_accuracy = the share of samples with every label right;
///   accuracy = the share of pairs of sample and label that are right.
/// `thresholds`: one a label, empty for 0.5.
Metrics multilabel_metrics(const Predictions& p, const std::vector<double>& thresholds = {});
/// The figures of N samples with one class each, the highest score being predicted: f1, precision
/// and recall (_micro, _macro, _weighted; as scikit-learn does, _macro is the mean over classes
/// that are the truth or the prediction of some sample), accuracy, and one against the rest
/// ap_macro and auroc_macro as above.
Metrics multiclass_metrics(const Predictions& p);
/// The names of those metrics, in their order.
std::vector<std::string> metric_names(bool multiclass);
/// Each label's own figures; multiclass: each class against the rest.
std::vector<LabelMetrics> per_label_metrics(const Predictions& p, bool multiclass,
                                            const std::vector<double>& thresholds = {});
/// The figure of that name; UserError with the known names.
double metric(const Metrics& metrics, const std::string& name);

}  // namespace mma
