#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tasks/metrics.h"

namespace mma {

/// One score, whether it belongs to a positive, and of which sample it is.
struct Scored {
  double score;
  uint32_t sample;
  bool positive;
};

/// How well scores put positives before negatives; NaN where undefined.
struct Ranking {
  int64_t positives = 0, negatives = 0;
  /// sum over distinct scores, highest first, of (R_n - R_{n-1}) P_n; NaN without positives.
  double average_precision = 0;
  /// The share of pairs (positive, negative) in order, ties half (Mann and Whitney); NaN unless
  /// both are there.
  double auroc = 0;
};

/// Scores in order, kept without the scores, so that they are ranked again and again with other
/// weights of their samples. Scores that are equal are one step of the curve.
class RankedList {
 public:
  /// Sorts `scored`, whose samples are below `samples`.
  RankedList(std::vector<Scored>& scored, size_t samples);
  Ranking rank() const;
  /// As if sample i were there counts[i] times.
  Ranking rank(const std::vector<uint32_t>& counts) const;

 private:
  // A score with positives. Its entries stand one after the other: negatives with higher scores
  // that no step before has, negatives of this score, positives of this score. The last step may
  // be the negatives behind all positives alone.
  struct Step {
    size_t higher_end, tied_end, end;
  };
  struct Entry {
    uint32_t sample, times;
  };
  template <class Weight>
  Ranking rank_weighted(Weight weight) const;

  std::vector<Step> steps_;
  std::vector<Entry> entries_;
};

/// The scores of one label, in the samples' order, in memory that is used again.
std::vector<Scored>& scored_label(const Predictions& p, size_t label, std::vector<Scored>& buffer);
/// The scores of one label, or those of all pairs of sample and label as one list.
RankedList ranked_label(const Predictions& p, size_t label, std::vector<Scored>& buffer);
RankedList ranked_pairs(const Predictions& p);

/// For each label whether it has a positive: without one there is nothing to rank.
std::vector<uint8_t> labels_with_positives(const Predictions& p);

}  // namespace mma
