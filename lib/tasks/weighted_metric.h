#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tasks/metrics.h"

namespace mma {

class Task;

/// One metric of fixed predictions as a function of how often each sample counts: what
/// Task::metrics() would say of data that holds sample i counts[i] times. Scores are sorted once,
/// when it is made; a call is one pass without sorting, so that thousands of resamples are
/// affordable.
class WeightedMetric {
 public:
  virtual ~WeightedMetric() = default;
  virtual double operator()(const std::vector<uint32_t>& counts) const = 0;
};

/// The task's metric of that name; UserError with the known names where there is none. It does not
/// refer to `p` afterwards.
std::unique_ptr<WeightedMetric> weighted_metric(const Predictions& p, const Task& task,
                                                const std::string& name);

/// A metric that is a mean over samples of its value on each alone.
std::unique_ptr<WeightedMetric> mean_over_samples(
    const Predictions& p, const std::function<double(const Predictions& one)>& value);

}  // namespace mma
