#include "tasks/metrics.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/names.h"
#include "tasks/counts.h"
#include "tasks/ranking.h"

namespace mma {
namespace {

struct AllCounts {
  Counts total;
  std::vector<Counts> labels, samples;
};

AllCounts count(const Predictions& p, const std::vector<uint8_t>& predicted) {
  AllCounts counts;
  auto width = static_cast<size_t>(p.labels);
  counts.labels.resize(width);
  counts.samples.resize(static_cast<size_t>(p.size()));
  for (size_t i = 0; i < predicted.size(); ++i) {
    counts.total.add(p.truth[i], predicted[i]);
    counts.labels[i % width].add(p.truth[i], predicted[i]);
    counts.samples[i / width].add(p.truth[i], predicted[i]);
  }
  return counts;
}

// One of f1, precision, recall in all its averages. `samples` empty: without that average.
void add_averages(Metrics& metrics, const std::string& name, double (Counts::*figure)() const,
                  const Counts& total, const std::vector<Counts>& labels,
                  const std::vector<Counts>& samples) {
  Mean macro(0), weighted(0), by_sample(0);
  for (auto& c : labels) {
    macro.add((c.*figure)());
    weighted.add((c.*figure)(), static_cast<double>(c.positives()));
  }
  for (auto& c : samples) by_sample.add((c.*figure)());
  metrics.emplace_back(name + "_micro", (total.*figure)());
  metrics.emplace_back(name + "_macro", macro.value());
  metrics.emplace_back(name + "_weighted", weighted.value());
  if (!samples.empty()) metrics.emplace_back(name + "_samples", by_sample.value());
}

void add_decision_figures(Metrics& metrics, const Counts& total, const std::vector<Counts>& labels,
                          const std::vector<Counts>& samples) {
  add_averages(metrics, "f1", &Counts::f1, total, labels, samples);
  add_averages(metrics, "precision", &Counts::precision, total, labels, samples);
  add_averages(metrics, "recall", &Counts::recall, total, labels, samples);
}

Ranking rank_label(const Predictions& p, size_t label, std::vector<Scored>& scored) {
  scored.clear();
  for (size_t i = label; i < p.scores.size(); i += static_cast<size_t>(p.labels))
    scored.push_back({p.scores[i], p.truth[i] != 0});
  return rank(scored);
}

std::vector<Ranking> rank_labels(const Predictions& p) {
  std::vector<Ranking> rankings;
  std::vector<Scored> scored;
  for (size_t c = 0; c < static_cast<size_t>(p.labels); ++c)
    rankings.push_back(rank_label(p, c, scored));
  return rankings;
}

// All pairs of sample and label as one list.
Ranking rank_pairs(const Predictions& p) {
  std::vector<Scored> scored;
  for (size_t i = 0; i < p.scores.size(); ++i) scored.push_back({p.scores[i], p.truth[i] != 0});
  return rank(scored);
}

double sample_average_precision(const Predictions& p) {
  Mean mean;
  std::vector<Scored> scored;
  auto width = static_cast<size_t>(p.labels);
  for (size_t begin = 0; begin < p.scores.size(); begin += width) {
    scored.clear();
    for (size_t i = begin; i < begin + width; ++i) scored.push_back({p.scores[i], p.truth[i] != 0});
    auto ranking = rank(scored);
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
  auto counts = count(p, predicted_labels(p, false, thresholds));
  Metrics metrics;
  add_decision_figures(metrics, counts.total, counts.labels, counts.samples);

  Mean ap_macro, ap_weighted, auroc_macro, auroc_weighted;
  for (auto& r : rank_labels(p)) {
    auto positives = static_cast<double>(r.positives);
    ap_macro.add(r.average_precision);
    ap_weighted.add(r.average_precision, positives);
    auroc_macro.add(r.auroc);
    auroc_weighted.add(r.auroc, positives);
  }
  auto pairs = rank_pairs(p);
  auto right = [](const Counts& c) { return c.fp + c.fn == 0; };
  auto exact = std::count_if(counts.samples.begin(), counts.samples.end(), right);
  auto wrong_pairs = counts.total.fp + counts.total.fn;
  metrics.insert(metrics.end(), {{"ap_micro", pairs.average_precision},
                                 {"ap_macro", ap_macro.value()},
                                 {"ap_weighted", ap_weighted.value()},
                                 {"ap_samples", sample_average_precision(p)},
                                 {"auroc_micro", pairs.auroc},
                                 {"auroc_macro", auroc_macro.value()},
                                 {"auroc_weighted", auroc_weighted.value()},
                                 {"subset_accuracy", ratio(exact, p.size())},
                                 {"accuracy", 1 - ratio(wrong_pairs, p.size() * p.labels)}});
  return undefined_without_samples(p, std::move(metrics));
}

Metrics multiclass_metrics(const Predictions& p) {
  auto counts = count(p, predicted_labels(p, true));
  auto met = counts.labels;
  std::erase_if(met, [](const Counts& c) { return c.tp + c.fp + c.fn == 0; });
  Metrics metrics;
  add_decision_figures(metrics, counts.total, met, {});

  Mean ap_macro, auroc_macro;
  for (auto& r : rank_labels(p)) {
    ap_macro.add(r.average_precision);
    auroc_macro.add(r.auroc);
  }
  metrics.insert(metrics.end(), {{"accuracy", ratio(counts.total.tp, p.size())},
                                 {"ap_macro", ap_macro.value()},
                                 {"auroc_macro", auroc_macro.value()}});
  return undefined_without_samples(p, std::move(metrics));
}

std::vector<LabelMetrics> per_label_metrics(const Predictions& p, bool multiclass,
                                            const std::vector<double>& thresholds) {
  auto counts = count(p, predicted_labels(p, multiclass, thresholds)).labels;
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
