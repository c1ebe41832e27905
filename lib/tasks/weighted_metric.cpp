#include "tasks/weighted_metric.h"

#include <algorithm>

#include "base/error.h"
#include "base/names.h"
#include "tasks/counts.h"
#include "tasks/decisions.h"
#include "tasks/ranking.h"

namespace mma {
namespace {

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

// The share of pairs of sample and label that are right.
class PairAccuracy : public WeightedMetric {
 public:
  explicit PairAccuracy(const Predictions& p) : labels_(p.labels) {
    for (auto& c : Decisions(p, predicted_labels(p, false)).samples())
      wrong_.push_back(c.fp + c.fn);
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

// F1, precision or recall of decisions.
class DecisionMetric : public WeightedMetric {
 public:
  DecisionMetric(const Predictions& p, bool multiclass, DecisionFigure figure, Average average)
      : decisions_(p, predicted_labels(p, multiclass)),
        multiclass_(multiclass),
        figure_(figure),
        average_(average) {}
  double operator()(const std::vector<uint32_t>& counts) const override {
    return average(decisions_.labels(counts), figure_, average_, multiclass_);
  }

 private:
  Decisions decisions_;
  bool multiclass_;
  DecisionFigure figure_;
  Average average_;
};

// Average precision or AUROC.
class RankingMetric : public WeightedMetric {
 public:
  RankingMetric(const Predictions& p, RankingFigure figure, Average average)
      : figure_(figure), average_(average) {
    if (average == Average::kMicro) {
      lists_.push_back(RankedList::of_pairs(p));
      return;
    }
    // A label without positives has neither figure, however often its samples count.
    auto with = labels_with_positives(p);
    for (size_t c = 0; c < with.size(); ++c)
      if (with[c]) lists_.push_back(RankedList::of_label(p, c));
  }
  double operator()(const std::vector<uint32_t>& counts) const override {
    std::vector<Ranking> rankings;
    for (auto& list : lists_) rankings.push_back(list.rank(counts));
    return average(rankings, figure_, average_);
  }

 private:
  std::vector<RankedList> lists_;  // one a label, or one of all pairs
  RankingFigure figure_;
  Average average_;
};

}  // namespace

std::unique_ptr<WeightedMetric> weighted_metric(const Predictions& p, bool multiclass,
                                                const std::string& name) {
  auto known = metric_names(multiclass);
  check_input(std::find(known.begin(), known.end(), name) != known.end(), "{}",
              unknown_name("metric", name, known));
  if (name == "accuracy" && !multiclass) return std::make_unique<PairAccuracy>(p);
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
  auto decisions = [&](DecisionFigure f) {
    return std::make_unique<DecisionMetric>(p, multiclass, f, kind);
  };
  if (figure == "f1") return decisions(&Counts::f1);
  if (figure == "precision") return decisions(&Counts::precision);
  check(figure == "recall", "metrics: {} has no weighted form", name);
  return decisions(&Counts::recall);
}

}  // namespace mma
