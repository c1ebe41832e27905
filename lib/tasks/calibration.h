#pragma once
#include <cstdint>
#include <vector>

#include "tasks/metrics.h"

namespace mma {

/// Scores of one range and what came of them; both figures NaN where the range has none.
struct CalibrationBin {
  int64_t count = 0;
  double mean_score = 0, positive_rate = 0;
};

/// Whether scores are probabilities (Guo et al. 2017, "On Calibration of Modern Neural Networks"):
/// bin m of M holds the scores in ((m - 1) / M, m / M], the first one 0, too.
struct Calibration {
  std::vector<CalibrationBin> bins;
  /// sum_m n_m / n |positive_rate_m - mean_score_m|; NaN without scores.
  double expected_error = 0;
};

/// Scores beside what they are the probability of.
struct ScoredOutcomes {
  std::vector<float> scores;
  std::vector<uint8_t> outcomes;  ///< 1: it came true
};

/// Multilabel: every pair of sample and label. Multiclass: the highest score of each sample, and
/// whether its class is the true one.
ScoredOutcomes scored_outcomes(const Predictions& p, bool multiclass);

Calibration calibration(const ScoredOutcomes& all, int64_t bins = 10);

}  // namespace mma
