#include "tasks/multiclass.h"

#include <algorithm>

#include "tasks/class_metrics.h"
#include "tasks/weighted_class_metric.h"

namespace mma {
namespace {

class Multiclass : public Task {
 public:
  Multiclass()
      : Task({LabelKind::kMulticlass,
              "one class a sample",
              "accuracy",
              Decision::kHighest,
              false,
              "no label has the positives and negatives that it needs",
              "value",
              {"f1_micro", "f1_macro", "accuracy", "ap_macro", "auroc_macro"},
              {"accuracy", "f1_macro", "f1_weighted", "ap_macro", "auroc_macro"},
              shown_class_figures(),
              "average_precision"}) {}
  Metrics metrics(const Predictions& p, const std::vector<double>&) const override {
    return multiclass_metrics(p);
  }
  LabelFigures label_figures(const Predictions& p) const override {
    return class_label_figures(p, highest_labels(p));
  }
  std::unique_ptr<WeightedMetric> weighted(const Predictions& p,
                                           const std::string& name) const override {
    if (name == "accuracy")
      return mean_over_samples(
          p, [&](const Predictions& one) { return metric(multiclass_metrics(one), name); });
    return weighted_class_metric(p, highest_labels(p), Labels::kMet, name);
  }
  Predictions extreme(const Predictions& truth, bool right) const override {
    return extreme_scores(truth, right);
  }
};

}  // namespace

const Task& multiclass_task() {
  static const Multiclass task;
  return task;
}

std::vector<uint8_t> highest_labels(const Predictions& p) {
  check_class_predictions(p);
  std::vector<uint8_t> predicted(p.scores.size());
  for (size_t begin = 0; begin < p.scores.size(); begin += static_cast<size_t>(p.labels)) {
    auto row = p.scores.begin() + static_cast<std::ptrdiff_t>(begin);
    predicted[begin + static_cast<size_t>(std::max_element(row, row + p.labels) - row)] = 1;
  }
  return predicted;
}

Metrics multiclass_metrics(const Predictions& p) {
  auto labels = Decisions(p, highest_labels(p)).labels();
  Metrics metrics;
  add_decision_figures(metrics, labels, nullptr, Labels::kMet);
  auto rankings = rank_labels(p);
  metrics.insert(metrics.end(),
                 {{"accuracy", ratio(sum_of(labels).tp, p.size())},
                  {"ap_macro", average(rankings, &Ranking::average_precision, Average::kMacro)},
                  {"auroc_macro", average(rankings, &Ranking::auroc, Average::kMacro)}});
  return undefined_without_samples(p, std::move(metrics));
}

}  // namespace mma
