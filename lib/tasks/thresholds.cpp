#include "tasks/thresholds.h"

#include <algorithm>
#include <cmath>

#include "tasks/ranking.h"

namespace mma {
namespace {

constexpr double kDefault = 0.5;

struct Scored {
  double score;
  bool positive;
};

// A number in [low, high): their midpoint, unless rounding takes it up to `high`.
double between(double low, double high) {
  double middle = low + (high - low) / 2;
  return middle < high ? middle : low;
}

double below(double lowest) {
  if (lowest > kDefault) return kDefault;
  return lowest > 0 ? lowest / 2 : lowest - 1;
}

// Of scores with a positive.
double best_threshold(std::vector<Scored>& scored) {
  auto positives = std::count_if(scored.begin(), scored.end(), [](auto& s) { return s.positive; });
  std::sort(scored.begin(), scored.end(),
            [](const Scored& a, const Scored& b) { return a.score > b.score; });
  double best = kDefault, best_f1 = -1;
  int64_t hits = 0;
  for (size_t i = 0; i < scored.size(); ++i) {
    hits += scored[i].positive;
    bool last = i + 1 == scored.size();
    if (!last && scored[i + 1].score == scored[i].score) continue;
    double threshold =
        last ? below(scored[i].score) : between(scored[i + 1].score, scored[i].score);
    // f1 = 2 tp / (predicted + positives)
    double f1 = 2 * static_cast<double>(hits) /
                (static_cast<double>(i + 1) + static_cast<double>(positives));
    // Thresholds fall, so that of two equally near the first, higher one stays.
    bool nearer = std::abs(threshold - kDefault) < std::abs(best - kDefault);
    if (f1 > best_f1 || (f1 == best_f1 && nearer)) {
      best = threshold;
      best_f1 = f1;
    }
  }
  return best;
}

}  // namespace

std::vector<double> f1_thresholds(const Predictions& p) {
  auto with = labels_with_positives(p);
  std::vector<double> thresholds(with.size(), kDefault);
  std::vector<Scored> scored;
  for (size_t c = 0; c < with.size(); ++c) {
    if (!with[c]) continue;
    scored.clear();
    for (size_t at = c; at < p.scores.size(); at += with.size())
      scored.push_back({p.scores[at], p.truth[at] != 0});
    thresholds[c] = best_threshold(scored);
  }
  return thresholds;
}

}  // namespace mma
