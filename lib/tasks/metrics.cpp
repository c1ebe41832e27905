#include "tasks/metrics.h"

#include <algorithm>

#include "base/error.h"
#include "base/names.h"
#include "tasks/counts.h"

namespace mma {

double metric(const Metrics& metrics, const std::string& name) {
  return pick(metrics, "metric", name);
}

Metrics undefined_without_samples(const Predictions& p, Metrics metrics) {
  if (p.size() == 0)
    for (auto& [name, value] : metrics) value = kUndefined;
  return metrics;
}

size_t LabelFigures::column(const std::string& name) const {
  auto found = std::find(names.begin(), names.end(), name);
  check(found != names.end(), "metrics: no figure {} of a label", name);
  return static_cast<size_t>(found - names.begin());
}

}  // namespace mma
