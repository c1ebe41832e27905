#include "tasks/weighted_metric.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "tasks/counts.h"
#include "tasks/ranking.h"

namespace mma {
namespace {

enum class Average { kMicro, kMacro, kWeighted };

// A metric that is a mean over samples of its value on each alone.
class SampleMean : public WeightedMetric {
 public:
  SampleMean(const Predictions& p, bool multiclass, const std::string& name) {
    for (int64_t i = 0; i < p.size(); ++i) {
      auto from = i * p.labels, to = from + p.labels;
      Predictions one{p.labels,
                      {p.truth.begin() + from, p.truth.begin() + to},
                      {p.scores.begin() + from, p.scores.begin() + to}};
      values_.push_back(
          metric(multiclass ? multiclass_metrics(one) : multilabel_metrics(one), name));
    }
  }
  double operator()(const std::vector<uint32_t>& counts) const override {
    Mean mean;
    for (size_t i = 0; i < values_.size(); ++i) mean.add(values_[i], counts[i]);
    return mean.value();
  }

 private:
  std::vector<double> values_;
};

// F1, precision or recall of decisions.
class DecisionMetric : public WeightedMetric {
 public:
  using Figure = double (Counts::*)() const;
  DecisionMetric(const Predictions& p, bool multiclass, Figure figure, Average average)
      : labels_(static_cast<size_t>(p.labels)),
        multiclass_(multiclass),
        figure_(figure),
        average_(average) {
    auto predicted = predicted_labels(p, multiclass);
    for (size_t i = 0; i < predicted.size(); ++i)
      if (p.truth[i] || predicted[i])
        pairs_.push_back({static_cast<uint32_t>(i / labels_), static_cast<uint32_t>(i % labels_),
                          p.truth[i] != 0, predicted[i] != 0});
  }
  double operator()(const std::vector<uint32_t>& counts) const override {
    std::vector<Counts> labels(labels_);
    for (auto& pair : pairs_)
      labels[pair.label].add(pair.truth, pair.predicted, counts[pair.sample]);
    Counts total;
    Mean macro(0), weighted(0);
    for (auto& c : labels) {
      total.tp += c.tp, total.fp += c.fp, total.fn += c.fn;
      double value = (c.*figure_)();
      weighted.add(value, static_cast<double>(c.positives()));
      // Of classes, only those met have a part in the mean.
      if (!multiclass_ || c.tp + c.fp + c.fn > 0) macro.add(value);
    }
    if (average_ == Average::kMicro) return (total.*figure_)();
    return average_ == Average::kMacro ? macro.value() : weighted.value();
  }

 private:
  struct Pair {
    uint32_t sample, label;
    bool truth, predicted;
  };
  std::vector<Pair> pairs_;  // without those that are rightly not predicted
  size_t labels_;
  bool multiclass_;
  Figure figure_;
  Average average_;
};

// Pairs of sample and label, highest score first; of equal scores only the last ends a step.
struct Ranked {
  uint32_t sample;
  bool positive, ends_step;
};

std::vector<Ranked> sorted(const Predictions& p, size_t first, size_t step) {
  std::vector<size_t> order;
  for (size_t i = first; i < p.scores.size(); i += step) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return p.scores[a] > p.scores[b]; });
  std::vector<Ranked> ranked;
  for (size_t k = 0; k < order.size(); ++k) {
    size_t i = order[k];
    bool ends = k + 1 == order.size() || p.scores[order[k + 1]] != p.scores[i];
    ranked.push_back(
        {static_cast<uint32_t>(i / static_cast<size_t>(p.labels)), p.truth[i] != 0, ends});
  }
  return ranked;
}

// As rank(), each pair counted as often as its sample.
Ranking rank_weighted(const std::vector<Ranked>& ranked, const std::vector<uint32_t>& counts) {
  Ranking r;
  double precision_sum = 0, ordered_pairs = 0;
  int64_t of_step[2] = {0, 0};  // negatives, positives
  for (auto& pair : ranked) {
    of_step[pair.positive] += counts[pair.sample];
    if (!pair.ends_step) continue;
    auto [negatives, positives] = of_step;
    if (positives > 0) {
      r.positives += positives;
      ordered_pairs += static_cast<double>(positives) *
                       (static_cast<double>(r.negatives) + 0.5 * static_cast<double>(negatives));
      precision_sum += static_cast<double>(positives) * static_cast<double>(r.positives) /
                       static_cast<double>(r.positives + r.negatives + negatives);
    }
    r.negatives += negatives;
    of_step[0] = of_step[1] = 0;
  }
  auto p = static_cast<double>(r.positives), n = static_cast<double>(r.negatives);
  r.average_precision = r.positives > 0 ? precision_sum / p : kUndefined;
  r.auroc = r.positives > 0 && r.negatives > 0 ? 1 - ordered_pairs / (p * n) : kUndefined;
  return r;
}

// Average precision or AUROC.
class RankingMetric : public WeightedMetric {
 public:
  using Figure = double Ranking::*;
  RankingMetric(const Predictions& p, Figure figure, Average average)
      : figure_(figure), average_(average) {
    auto labels = static_cast<size_t>(p.labels);
    size_t lists = average == Average::kMicro ? 1 : labels;
    for (size_t c = 0; c < lists; ++c) lists_.push_back(sorted(p, c, lists));
  }
  double operator()(const std::vector<uint32_t>& counts) const override {
    Mean mean;
    for (auto& list : lists_) {
      auto r = rank_weighted(list, counts);
      mean.add(r.*figure_, average_ == Average::kWeighted ? static_cast<double>(r.positives) : 1.0);
    }
    return mean.value();
  }

 private:
  std::vector<std::vector<Ranked>> lists_;  // one a label, or one of all pairs
  Figure figure_;
  Average average_;
};

}  // namespace

std::unique_ptr<WeightedMetric> weighted_metric(const Predictions& p, bool multiclass,
                                                const std::string& name) {
  metric(multiclass ? multiclass_metrics(p) : multilabel_metrics(p), name);  // must be known
  auto underscore = std::min(name.rfind('_'), name.size());
  auto figure = name.substr(0, underscore), average = name.substr(underscore);
  if (average == "_samples" || name == "accuracy" || name == "subset_accuracy")
    return std::make_unique<SampleMean>(p, multiclass, name);
  check(average == "_micro" || average == "_macro" || average == "_weighted",
        "metrics: {} has no weighted form", name);
  auto kind = average == "_micro"   ? Average::kMicro
              : average == "_macro" ? Average::kMacro
                                    : Average::kWeighted;
  if (figure == "ap") return std::make_unique<RankingMetric>(p, &Ranking::average_precision, kind);
  if (figure == "auroc") return std::make_unique<RankingMetric>(p, &Ranking::auroc, kind);
  auto decisions = [&](DecisionMetric::Figure f) {
    return std::make_unique<DecisionMetric>(p, multiclass, f, kind);
  };
  if (figure == "f1") return decisions(&Counts::f1);
  if (figure == "precision") return decisions(&Counts::precision);
  check(figure == "recall", "metrics: {} has no weighted form", name);
  return decisions(&Counts::recall);
}

}  // namespace mma
