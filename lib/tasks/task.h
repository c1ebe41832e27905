#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/names.h"
#include "data/pack.h"
#include "tasks/metrics.h"
#include "tasks/weighted_metric.h"

namespace mma {

/// How the scores of a sample become what is said of it.
enum class Decision { kAboveThresholds, kHighest, kNone };

/// What a task says of itself.
struct AboutTask {
  LabelKind kind;
  std::string labels_are;      ///< as in "labels are several a sample"
  std::string default_metric;  ///< train.select_by: auto
  Decision decision;
  bool weighs_positives;  ///< whether loss.positive_weights has a meaning
  /// Why a metric may have no value on a split, whatever the model says.
  std::string undefined_where;
  std::string figures_head;           ///< over a column of metrics
  std::vector<std::string> headline;  ///< metrics that fit one screen
  std::vector<std::string> compared;  ///< metrics that comparisons show
  /// Of LabelFigures those that tables show: name and head.
  std::vector<std::pair<std::string, std::string>> label_figures;
  std::string main_label_figure;  ///< that of them which alone is shown of each subset
};

/// What is learned of labels of one kind, and how it is judged: metrics, thresholds, and what
/// reports show. One unit a task and a row in tasks(); the tensor part (loss and scores of logits)
/// is a row in tasks/loss.cpp.
class Task {
 public:
  explicit Task(AboutTask about) : about_(std::move(about)) {}
  virtual ~Task() = default;
  const AboutTask& about() const { return about_; }

  /// All metrics of the predictions, always of the same names in the same order. `thresholds`: one
  /// a label, where the decision is by thresholds; empty for 0.5.
  virtual Metrics metrics(const Predictions& p, const std::vector<double>& thresholds) const = 0;
  Metrics metrics(const Predictions& p) const { return metrics(p, {}); }
  std::vector<std::string> metric_names() const;
  /// Each label's own figures.
  virtual LabelFigures label_figures(const Predictions& p) const = 0;
  /// The metric of that name, one of metric_names(), as weighted_metric() gives it.
  virtual std::unique_ptr<WeightedMetric> weighted(const Predictions& p,
                                                   const std::string& name) const = 0;
  /// Tuned on these predictions, to decide on others; none where the decision is not by thresholds.
  virtual std::vector<double> tuned_thresholds(const Predictions&) const { return {}; }
  /// The truth with scores that are all right, or all wrong.
  virtual Predictions extreme(const Predictions& truth, bool right) const = 0;

 private:
  AboutTask about_;
};

/// Every task by the name of its kind of labels; a new one is its unit and one row here.
const Table<const Task*>& tasks();
const Task& task_of(LabelKind kind);

/// What the split says of its samples, without scores.
Predictions truth_of(const Split& split);

}  // namespace mma
