#include "tasks/metrics.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/names.h"
#include "tasks/counts.h"
#include "tasks/decisions.h"
#include "tasks/ranking.h"

namespace mma {
namespace {

// F1, precision and recall in all their averages; those over samples where there are `samples`.
void add_decision_figures(Metrics& metrics, const std::vector<Counts>& labels,
                          const std::vector<Counts>& samples, bool multiclass) {
  const std::pair<std::string, DecisionFigure> figures[] = {
      {"f1", &Counts::f1}, {"precision", &Counts::precision}, {"recall", &Counts::recall}};
  for (auto& [name, figure] : figures) {
    auto over_labels = [&](Average kind) { return average(labels, figure, kind, multiclass); };
    metrics.emplace_back(name + "_micro", over_labels(Average::kMicro));
    metrics.emplace_back(name + "_macro", over_labels(Average::kMacro));
    metrics.emplace_back(name + "_weighted", over_labels(Average::kWeighted));
    Mean by_sample(0);
    for (auto& c : samples) by_sample.add((c.*figure)());
    if (!samples.empty()) metrics.emplace_back(name + "_samples", by_sample.value());
  }
}

// Of each label; where it has no positive, neither figure is defined.
std::vector<Ranking> rank_labels(const Predictions& p) {
  auto with = labels_with_positives(p);
  std::vector<Ranking> rankings(with.size(), Ranking{0, 0, kUndefined, kUndefined});
  for (size_t c = 0; c < with.size(); ++c)
    if (with[c]) rankings[c] = RankedList::of_label(p, c).rank();
  return rankings;
}

double sample_average_precision(const Predictions& p) {
  Mean mean;
  for (size_t i = 0; i < static_cast<size_t>(p.size()); ++i) {
    auto ranking = RankedList::of_sample(p, i).rank();
    mean.add(ranking.positives == 0 ? 0 : ranking.average_precision);
  }
  return mean.value();
}

void check_shapes(const Predictions& p, const std::vector<double>& thresholds) {
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

Metrics undefined_without_samples(const Predictions& p, Metrics metrics) {
  if (p.size() == 0)
    for (auto& [name, value] : metrics) value = kUndefined;
  return metrics;
}

}  // namespace

std::vector<uint8_t> predicted_labels(const Predictions& p, bool multiclass,
                                      const std::vector<double>& thresholds) {
  check_shapes(p, thresholds);
  std::vector<uint8_t> predicted(p.scores.size());
  auto width = static_cast<size_t>(p.labels);
  for (size_t begin = 0; begin < p.scores.size(); begin += width) {
    auto row = p.scores.begin() + static_cast<std::ptrdiff_t>(begin);
    if (multiclass) {
      predicted[begin + static_cast<size_t>(std::max_element(row, row + p.labels) - row)] = 1;
      continue;
    }
    for (size_t c = 0; c < width; ++c)
      predicted[begin + c] = p.scores[begin + c] > (thresholds.empty() ? 0.5 : thresholds[c]);
  }
  return predicted;
}

Metrics multilabel_metrics(const Predictions& p, const std::vector<double>& thresholds) {
  Decisions decisions(p, predicted_labels(p, false, thresholds));
  auto labels = decisions.labels(), samples = decisions.samples();
  Metrics metrics;
  add_decision_figures(metrics, labels, samples, false);

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

Metrics multiclass_metrics(const Predictions& p) {
  auto labels = Decisions(p, predicted_labels(p, true)).labels();
  Metrics metrics;
  add_decision_figures(metrics, labels, {}, true);
  auto rankings = rank_labels(p);
  metrics.insert(metrics.end(),
                 {{"accuracy", ratio(sum_of(labels).tp, p.size())},
                  {"ap_macro", average(rankings, &Ranking::average_precision, Average::kMacro)},
                  {"auroc_macro", average(rankings, &Ranking::auroc, Average::kMacro)}});
  return undefined_without_samples(p, std::move(metrics));
}

std::vector<std::string> metric_names(bool multiclass) {
  Predictions one{1, {1}, {1}};
  return names_of(multiclass ? multiclass_metrics(one) : multilabel_metrics(one));
}

std::vector<LabelMetrics> per_label_metrics(const Predictions& p, bool multiclass,
                                            const std::vector<double>& thresholds) {
  auto counts = Decisions(p, predicted_labels(p, multiclass, thresholds)).labels();
  auto rankings = rank_labels(p);
  std::vector<LabelMetrics> labels;
  for (size_t c = 0; c < counts.size(); ++c)
    labels.push_back({counts[c].positives(), counts[c].f1(), counts[c].precision(),
                      counts[c].recall(), rankings[c].average_precision, rankings[c].auroc});
  return labels;
}

double metric(const Metrics& metrics, const std::string& name) {
  return pick(metrics, "metric", name);
}

}  // namespace mma
