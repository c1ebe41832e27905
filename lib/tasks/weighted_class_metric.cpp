#include "tasks/weighted_class_metric.h"

#include <algorithm>

#include "base/error.h"

namespace mma {
namespace {

// F1, precision or recall of decisions.
class DecisionMetric : public WeightedMetric {
 public:
  DecisionMetric(Decisions decisions, DecisionFigure figure, Average average, Labels macro_over)
      : decisions_(std::move(decisions)),
        figure_(figure),
        average_(average),
        macro_over_(macro_over) {}
  double operator()(const std::vector<uint32_t>& counts) const override {
    return average(decisions_.labels(counts), figure_, average_, macro_over_);
  }

 private:
  Decisions decisions_;
  DecisionFigure figure_;
  Average average_;
  Labels macro_over_;
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

std::unique_ptr<WeightedMetric> weighted_class_metric(const Predictions& p,
                                                      const std::vector<uint8_t>& predicted,
                                                      Labels macro_over, const std::string& name) {
  auto underscore = std::min(name.rfind('_'), name.size());
  auto figure = name.substr(0, underscore), average = name.substr(underscore);
  check(average == "_micro" || average == "_macro" || average == "_weighted",
        "metrics: {} has no weighted form", name);
  auto kind = average == "_micro"   ? Average::kMicro
              : average == "_macro" ? Average::kMacro
                                    : Average::kWeighted;
  if (figure == "ap") return std::make_unique<RankingMetric>(p, &Ranking::average_precision, kind);
  if (figure == "auroc") return std::make_unique<RankingMetric>(p, &Ranking::auroc, kind);
  auto decisions = [&](DecisionFigure f) {
    return std::make_unique<DecisionMetric>(Decisions(p, predicted), f, kind, macro_over);
  };
  if (figure == "f1") return decisions(&Counts::f1);
  if (figure == "precision") return decisions(&Counts::precision);
  check(figure == "recall", "metrics: {} has no weighted form", name);
  return decisions(&Counts::recall);
}

}  // namespace mma
