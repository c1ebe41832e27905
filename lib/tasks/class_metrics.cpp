#include "tasks/class_metrics.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace mma {

void add_decision_figures(Metrics& metrics, const std::vector<Counts>& labels,
                          const std::vector<Counts>* samples, Labels macro_over) {
  const std::pair<std::string, DecisionFigure> figures[] = {
      {"f1", &Counts::f1}, {"precision", &Counts::precision}, {"recall", &Counts::recall}};
  for (auto& [name, figure] : figures) {
    auto over_labels = [&](Average kind) { return average(labels, figure, kind, macro_over); };
    metrics.emplace_back(name + "_micro", over_labels(Average::kMicro));
    metrics.emplace_back(name + "_macro", over_labels(Average::kMacro));
    metrics.emplace_back(name + "_weighted", over_labels(Average::kWeighted));
    if (!samples) continue;
    Mean by_sample(0);
    for (auto& c : *samples) by_sample.add((c.*figure)());
    metrics.emplace_back(name + "_samples", by_sample.value());
  }
}

std::vector<Ranking> rank_labels(const Predictions& p) {
  auto with = labels_with_positives(p);
  std::vector<Ranking> rankings(with.size(), Ranking{0, 0, kUndefined, kUndefined});
  for (size_t c = 0; c < with.size(); ++c)
    if (with[c]) rankings[c] = RankedList::of_label(p, c).rank();
  return rankings;
}

void check_class_predictions(const Predictions& p, const std::vector<double>& thresholds) {
  check(p.labels > 0, "metrics: expected at least one label, found {}", p.labels);
  check(p.truth.size() == p.scores.size() && p.truth.size() % static_cast<size_t>(p.labels) == 0,
        "metrics: expected rows of {} labels, found {} truths and {} scores", p.labels,
        p.truth.size(), p.scores.size());
  check(thresholds.empty() || thresholds.size() == static_cast<size_t>(p.labels),
        "metrics: expected {} thresholds, found {}", p.labels, thresholds.size());
  // A NaN has no place in an order.
  check(std::none_of(p.scores.begin(), p.scores.end(), [](double s) { return std::isnan(s); }),
        "metrics: a score is not a number");
}

std::vector<LabelMetrics> per_label_metrics(const Predictions& p,
                                            const std::vector<uint8_t>& predicted) {
  auto counts = Decisions(p, predicted).labels();
  auto rankings = rank_labels(p);
  std::vector<LabelMetrics> labels;
  for (size_t c = 0; c < counts.size(); ++c)
    labels.push_back({counts[c].positives(), counts[c].f1(), counts[c].precision(),
                      counts[c].recall(), rankings[c].average_precision, rankings[c].auroc});
  return labels;
}

LabelFigures class_label_figures(const Predictions& p, const std::vector<uint8_t>& predicted) {
  LabelFigures figures{{"f1", "precision", "recall", "average_precision", "auroc"}, {}, {}};
  for (auto& label : per_label_metrics(p, predicted)) {
    figures.rows.push_back(
        {label.f1, label.precision, label.recall, label.average_precision, label.auroc});
    figures.positives.push_back(label.count);
  }
  return figures;
}

const std::vector<std::pair<std::string, std::string>>& shown_class_figures() {
  static const std::vector<std::pair<std::string, std::string>> shown = {
      {"f1", "F1"}, {"average_precision", "AP"}, {"auroc", "AUROC"}};
  return shown;
}

Predictions extreme_scores(const Predictions& truth, bool right) {
  Predictions p{truth.labels, truth.truth, {}};
  p.scores.reserve(p.truth.size());
  for (auto one : p.truth) p.scores.push_back((one != 0) == right ? 1 : 0);
  return p;
}

}  // namespace mma
