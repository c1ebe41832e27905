#pragma once
#include <cstdint>
#include <vector>

#include "tasks/counts.h"
#include "tasks/metrics.h"
#include "tasks/ranking.h"

namespace mma {

/// What predictions decided, without the pairs of sample and label that are rightly not predicted:
/// no count but that of all pairs has them.
class Decisions {
 public:
  /// `predicted` [N, C] of 0 and 1.
  Decisions(const Predictions& p, const std::vector<uint8_t>& predicted);
  /// Of each label.
  std::vector<Counts> labels() const;
  /// Of each label, as if sample i were there counts[i] times.
  std::vector<Counts> labels(const std::vector<uint32_t>& counts) const;
  /// Of each sample.
  std::vector<Counts> samples() const;

 private:
  struct Pair {
    uint32_t sample, label;
    bool truth, predicted;
  };
  std::vector<Pair> pairs_;
  size_t labels_, samples_;
};

/// How the figures of labels become one.
enum class Average {
  kMicro,    ///< of all pairs of sample and label together
  kMacro,    ///< the mean over labels
  kWeighted  ///< the mean weighted by each label's positives
};

/// Which labels Average::kMacro is over: all, or those that are met as truth or as prediction.
enum class Labels { kAll, kMet };

/// Counts::f1, precision or recall, averaged over labels.
using DecisionFigure = double (Counts::*)() const;
double average(const std::vector<Counts>& labels, DecisionFigure figure, Average average,
               Labels macro_over);

/// Ranking::average_precision or auroc, averaged over the rankings of labels where it is defined;
/// NaN where it nowhere is. The one ranking of all pairs is its own mean.
using RankingFigure = double Ranking::*;
double average(const std::vector<Ranking>& labels, RankingFigure figure, Average average);

}  // namespace mma
