#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tasks/metrics.h"

namespace mma {

/// How well scores put positives before negatives; NaN where undefined.
struct Ranking {
  int64_t positives = 0, negatives = 0;
  /// sum over distinct scores, highest first, of (R_n - R_{n-1}) P_n; NaN without positives.
  double average_precision = 0;
  /// The share of pairs (positive, negative) in order, ties half (Mann and Whitney); NaN unless
  /// both are there.
  double auroc = 0;
};

/// Scores in the order of the positives among them, kept without the scores, so that they are
/// ranked again and again with other weights of their samples. Scores that are equal are one step
/// of the curve.
class RankedList {
 public:
  /// Of one label.
  static RankedList of_label(const Predictions& p, size_t label);
  /// Of one sample.
  static RankedList of_sample(const Predictions& p, size_t sample);
  /// Of all pairs of sample and label.
  static RankedList of_pairs(const Predictions& p);

  Ranking rank() const;
  /// As if sample i were there counts[i] times.
  Ranking rank(const std::vector<uint32_t>& counts) const;

 private:
  // A score with positives. Its entries stand one after the other: negatives with higher scores
  // that no step before has, negatives of this score, positives of this score. The last step is the
  // negatives behind all positives.
  struct Step {
    size_t higher_end, tied_end, end;
  };
  struct Entry {
    uint32_t sample, times;
  };
  // The pairs `first`, `first` + `stride`, ..., so many of them, of the predictions row by row.
  RankedList(const Predictions& p, size_t first, size_t stride, size_t count);
  template <class Weight>
  Ranking rank_weighted(Weight weight) const;

  std::vector<Step> steps_;
  std::vector<Entry> entries_;
};

/// For each label whether it has a positive: without one there is nothing to rank.
std::vector<uint8_t> labels_with_positives(const Predictions& p);

}  // namespace mma
