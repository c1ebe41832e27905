#include "tasks/calibration.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "tasks/counts.h"

namespace mma {

ScoredOutcomes scored_outcomes(const Predictions& p, bool multiclass) {
  if (!multiclass) return {p.scores, p.truth};
  ScoredOutcomes all;
  for (int64_t i = 0; i < p.size(); ++i) {
    auto row = p.scores.begin() + i * p.labels;
    auto best = std::max_element(row, row + p.labels);
    all.scores.push_back(*best);
    all.outcomes.push_back(p.truth[static_cast<size_t>(best - p.scores.begin())]);
  }
  return all;
}

Calibration calibration(const ScoredOutcomes& all, int64_t bins) {
  check(bins > 0 && all.scores.size() == all.outcomes.size(),
        "calibration: {} bins, {} scores of {} outcomes", bins, all.scores.size(),
        all.outcomes.size());
  // Upper ends of all bins but the last, as numpy's linspace has them.
  std::vector<double> ends;
  for (int64_t m = 1; m < bins; ++m)
    ends.push_back(static_cast<double>(m) * (1.0 / static_cast<double>(bins)));
  std::vector<double> scores(static_cast<size_t>(bins)), positives(static_cast<size_t>(bins));
  Calibration result{std::vector<CalibrationBin>(static_cast<size_t>(bins)), 0};
  for (size_t i = 0; i < all.scores.size(); ++i) {
    auto m = static_cast<size_t>(std::lower_bound(ends.begin(), ends.end(), all.scores[i]) -
                                 ends.begin());
    ++result.bins[m].count;
    scores[m] += all.scores[i];
    positives[m] += all.outcomes[i];
  }
  Mean error;
  for (size_t m = 0; m < result.bins.size(); ++m) {
    auto& bin = result.bins[m];
    auto n = static_cast<double>(bin.count);
    bin.mean_score = bin.count ? scores[m] / n : kUndefined;
    bin.positive_rate = bin.count ? positives[m] / n : kUndefined;
    error.add(std::abs(bin.positive_rate - bin.mean_score), n);
  }
  result.expected_error = error.value();
  return result;
}

}  // namespace mma
