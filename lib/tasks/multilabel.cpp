#include "tasks/multilabel.h"

#include <algorithm>

#include "tasks/class_metrics.h"
#include "tasks/thresholds.h"
#include "tasks/weighted_class_metric.h"

namespace mma {
namespace {

double sample_average_precision(const Predictions& p) {
  Mean mean;
  for (size_t i = 0; i < static_cast<size_t>(p.size()); ++i) {
    auto ranking = RankedList::of_sample(p, i).rank();
    mean.add(ranking.positives == 0 ? 0 : ranking.average_precision);
  }
  return mean.value();
}

// The share of pairs of sample and label that are right.
class PairAccuracy : public WeightedMetric {
 public:
  explicit PairAccuracy(const Predictions& p) : labels_(p.labels) {
    for (auto& c : Decisions(p, labels_above(p)).samples()) wrong_.push_back(c.fp + c.fn);
  }
  double operator()(const std::vector<uint32_t>& counts) const override {
    int64_t wrong = 0, samples = 0;
    for (size_t i = 0; i < wrong_.size(); ++i) {
      wrong += wrong_[i] * counts[i];
      samples += counts[i];
    }
    return samples == 0 ? kUndefined : 1 - ratio(wrong, samples * labels_);
  }

 private:
  std::vector<int64_t> wrong_;  // of each sample
  int64_t labels_;
};

class Multilabel : public Task {
 public:
  Multilabel()
      : Task({LabelKind::kMultilabel,
              "several a sample",
              "ap_micro",
              Decision::kAboveThresholds,
              true,
              "no label has the positives and negatives that it needs",
              "at 0.5",
              {"f1_micro", "f1_macro", "ap_micro", "ap_macro", "auroc_macro", "accuracy"},
              {"f1_micro", "f1_macro", "ap_micro", "ap_macro", "ap_samples"},
              shown_class_figures(),
              "average_precision"}) {}
  Metrics metrics(const Predictions& p, const std::vector<double>& thresholds) const override {
    return multilabel_metrics(p, thresholds);
  }
  LabelFigures label_figures(const Predictions& p) const override {
    return class_label_figures(p, labels_above(p));
  }
  std::unique_ptr<WeightedMetric> weighted(const Predictions& p,
                                           const std::string& name) const override {
    if (name == "accuracy") return std::make_unique<PairAccuracy>(p);
    if (name == "subset_accuracy" || name.ends_with("_samples"))
      return mean_over_samples(
          p, [&](const Predictions& one) { return metric(multilabel_metrics(one), name); });
    return weighted_class_metric(p, labels_above(p), Labels::kAll, name);
  }
  std::vector<double> tuned_thresholds(const Predictions& p) const override {
    return f1_thresholds(p);
  }
  Predictions extreme(const Predictions& truth, bool right) const override {
    return extreme_scores(truth, right);
  }
};

}  // namespace

const Task& multilabel_task() {
  static const Multilabel task;
  return task;
}

std::vector<uint8_t> labels_above(const Predictions& p, const std::vector<double>& thresholds) {
  check_class_predictions(p, thresholds);
  std::vector<uint8_t> predicted(p.scores.size());
  auto width = static_cast<size_t>(p.labels);
  for (size_t i = 0; i < predicted.size(); ++i)
    predicted[i] = p.scores[i] > (thresholds.empty() ? 0.5 : thresholds[i % width]);
  return predicted;
}

Metrics multilabel_metrics(const Predictions& p, const std::vector<double>& thresholds) {
  Decisions decisions(p, labels_above(p, thresholds));
  auto labels = decisions.labels(), samples = decisions.samples();
  Metrics metrics;
  add_decision_figures(metrics, labels, &samples, Labels::kAll);

  auto rankings = rank_labels(p);
  auto pairs = RankedList::of_pairs(p).rank();
  auto right = [](const Counts& c) { return c.fp + c.fn == 0; };
  auto exact = std::count_if(samples.begin(), samples.end(), right);
  auto total = sum_of(labels);
  auto ap = &Ranking::average_precision, auroc = &Ranking::auroc;
  metrics.insert(metrics.end(),
                 {{"ap_micro", pairs.average_precision},
                  {"ap_macro", average(rankings, ap, Average::kMacro)},
                  {"ap_weighted", average(rankings, ap, Average::kWeighted)},
                  {"ap_samples", sample_average_precision(p)},
                  {"auroc_micro", pairs.auroc},
                  {"auroc_macro", average(rankings, auroc, Average::kMacro)},
                  {"auroc_weighted", average(rankings, auroc, Average::kWeighted)},
                  {"subset_accuracy", ratio(exact, p.size())},
                  {"accuracy", 1 - ratio(total.fp + total.fn, p.size() * p.labels)}});
  return undefined_without_samples(p, std::move(metrics));
}

}  // namespace mma
