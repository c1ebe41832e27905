#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tasks/metrics.h"

namespace mma {

/// One metric of fixed predictions as a function of how often each sample counts: what
/// multilabel_metrics() or multiclass_metrics() would say of data that holds sample i counts[i]
/// times. Scores are sorted once, when it is made; a call is one pass without sorting, so that
/// thousands of resamples are affordable.
class WeightedMetric {
 public:
  virtual ~WeightedMetric() = default;
  virtual double operator()(const std::vector<uint32_t>& counts) const = 0;
};

/// The metric of that name; UserError with the known names where there is none. It does not refer
/// to `p` afterwards.
std::unique_ptr<WeightedMetric> weighted_metric(const Predictions& p, bool multiclass,
                                                const std::string& name);

}  // namespace mma
