#include "report/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "base/threads.h"
#include "tasks/counts.h"

namespace mma {
namespace {

constexpr uint64_t kSeed = 1;
constexpr int64_t kResamplesATask = 50;
// Means over runs in another order differ by rounding; that is no difference. Of values beyond 1,
// as errors of targets in the thousands, it is this share of them.
constexpr double kNoDifference = 1e-12;

// How often each sample is in resample `r`.
std::vector<uint32_t> draw(int64_t samples, int64_t r) {
  RandomStream random(derive_key(kSeed, "bootstrap", static_cast<uint64_t>(r)));
  auto n = static_cast<uint64_t>(samples);
  std::vector<uint32_t> counts(n);
  for (uint64_t i = 0; i < n; ++i) ++counts[random.below(n)];
  return counts;
}

double mean_of(const SystemMetrics& system, const std::vector<uint32_t>& counts) {
  double sum = 0;
  for (auto& run : system) sum += (*run)(counts);
  return sum / static_cast<double>(system.size());
}

}  // namespace

std::vector<std::vector<double>> bootstrap_means(const std::vector<SystemMetrics>& systems,
                                                 int64_t samples, int64_t resamples,
                                                 size_t threads) {
  check(samples > 0 && resamples > 0, "bootstrap: {} resamples of {} samples", resamples, samples);
  using Values = std::vector<std::vector<double>>;
  auto task = [&](size_t index) {
    Values values(systems.size());
    auto first = static_cast<int64_t>(index) * kResamplesATask;
    for (auto r = first; r < std::min(first + kResamplesATask, resamples); ++r) {
      auto counts = draw(samples, r);
      for (size_t g = 0; g < systems.size(); ++g) values[g].push_back(mean_of(systems[g], counts));
    }
    return values;
  };
  auto tasks = static_cast<size_t>((resamples + kResamplesATask - 1) / kResamplesATask);
  OrderedProducer<Values> producer(tasks, std::max<size_t>(threads, 1), tasks, task);
  Values all(systems.size());
  while (!producer.done()) {
    auto part = producer.next();
    for (size_t g = 0; g < all.size(); ++g)
      all[g].insert(all[g].end(), part[g].begin(), part[g].end());
  }
  return all;
}

double paired_p_value(const std::vector<double>& a, const std::vector<double>& b) {
  check(a.size() == b.size(), "bootstrap: {} values beside {}", a.size(), b.size());
  int64_t not_better = 0, not_worse = 0, resamples = 0;
  for (size_t r = 0; r < a.size(); ++r) {
    double difference = b[r] - a[r];
    if (std::isnan(difference)) continue;
    ++resamples;
    const double nothing = kNoDifference * std::max({1.0, std::abs(a[r]), std::abs(b[r])});
    not_better += difference <= nothing;
    not_worse += difference >= -nothing;
  }
  if (resamples == 0) return kUndefined;
  return std::min(1.0, 2 * ratio(std::min(not_better, not_worse) + 1, resamples + 1));
}

int64_t affordable_resamples(int64_t pairs) {
  constexpr int64_t kMost = 10000, kLeast = 1000, kAffordablePairs = 10'000'000'000;
  return std::clamp(kAffordablePairs / std::max<int64_t>(pairs, 1), kLeast, kMost);
}

}  // namespace mma
