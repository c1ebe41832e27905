#include "tasks/precision_recall.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "tasks/counts.h"

namespace mma {

std::vector<PrecisionRecall> precision_recall_curve(const std::vector<float>& scores,
                                                    const std::vector<uint8_t>& truth) {
  check(scores.size() == truth.size(), "precision and recall: {} scores of {} pairs", scores.size(),
        truth.size());
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  auto positives = std::count(truth.begin(), truth.end(), 1);
  std::vector<PrecisionRecall> curve;
  int64_t found = 0;
  for (size_t i = 0; i < order.size() && positives > 0; ++i) {
    double score = scores[order[i]];
    found += truth[order[i]];
    bool last_of_score = i + 1 == order.size() || scores[order[i + 1]] != score;
    if (last_of_score)
      curve.push_back({score, ratio(found, static_cast<int64_t>(i) + 1), ratio(found, positives)});
  }
  return curve;
}

double precision_at(const std::vector<PrecisionRecall>& curve, double recall) {
  double best = kUndefined;
  for (auto& point : curve)
    if (point.recall >= recall) best = std::fmax(best, point.precision);
  return best;
}

}  // namespace mma
