#include "tasks/ranking.h"

#include <algorithm>
#include <limits>

namespace mma {

Ranking rank(std::vector<Scored>& scored) {
  std::sort(scored.begin(), scored.end(),
            [](const Scored& a, const Scored& b) { return a.score > b.score; });
  Ranking r;
  double precision_sum = 0;  // sum of precision over positives
  double ordered_pairs = 0;  // pairs with the negative before the positive, ties half
  for (auto at = scored.begin(); at != scored.end();) {
    int64_t positives = 0, negatives = 0;  // of this score
    for (double score = at->score; at != scored.end() && at->score == score; ++at)
      ++(at->positive ? positives : negatives);
    ordered_pairs += static_cast<double>(positives) *
                     (static_cast<double>(r.negatives) + 0.5 * static_cast<double>(negatives));
    r.positives += positives;
    r.negatives += negatives;
    precision_sum += static_cast<double>(positives) * static_cast<double>(r.positives) /
                     static_cast<double>(r.positives + r.negatives);
  }
  auto p = static_cast<double>(r.positives), n = static_cast<double>(r.negatives);
  constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();
  r.average_precision = r.positives > 0 ? precision_sum / p : kUndefined;
  r.auroc = r.positives > 0 && r.negatives > 0 ? 1 - ordered_pairs / (p * n) : kUndefined;
  return r;
}

}  // namespace mma
