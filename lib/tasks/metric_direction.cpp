#include "tasks/metric_direction.h"

#include <algorithm>
#include <cmath>

namespace mma {
namespace {

// Metrics that measure errors.
constexpr const char* kErrors[] = {"mae", "rmse"};

}  // namespace

bool lower_is_better(const std::string& metric) {
  return std::any_of(std::begin(kErrors), std::end(kErrors),
                     [&](const char* error) { return metric == error; });
}

bool is_better(const std::string& metric, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return lower_is_better(metric) ? a < b : a > b;
}

}  // namespace mma
