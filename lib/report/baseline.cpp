#include "report/baseline.h"

#include "base/error.h"
#include "tasks/counts.h"

namespace mma {

std::vector<double> label_shares(const std::vector<uint8_t>& truth, int64_t labels) {
  std::vector<int64_t> counts(static_cast<size_t>(labels));
  for (size_t i = 0; i < truth.size(); ++i) counts[i % counts.size()] += truth[i];
  std::vector<double> shares;
  for (auto count : counts) shares.push_back(ratio(count, std::ssize(truth) / labels));
  return shares;
}

Predictions frequency_baseline(const Predictions& p, const std::vector<double>& shares) {
  check(std::ssize(shares) == p.labels, "baseline: {} shares of {} labels", shares.size(),
        p.labels);
  Predictions guess{p.labels, p.truth, {}};
  for (int64_t i = 0; i < p.size(); ++i)
    guess.scores.insert(guess.scores.end(), shares.begin(), shares.end());
  return guess;
}

}  // namespace mma
