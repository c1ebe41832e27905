#pragma once
#include <cstdint>
#include <vector>

namespace mma {

/// One score and whether it belongs to a positive.
struct Scored {
  double score;
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

/// Sorts `scored` and computes both figures; scores that are equal count as one step of the curve.
Ranking rank(std::vector<Scored>& scored);

}  // namespace mma
