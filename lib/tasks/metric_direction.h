#pragma once
#include <string>

namespace mma {

/// Whether lower values of the metric are the better ones. Of all that are not in the table, higher
/// ones are.
bool lower_is_better(const std::string& metric);
/// Whether a model with the value `a` of the metric is better than one with `b`. Any value is
/// better than none (NaN).
bool is_better(const std::string& metric, double a, double b);

}  // namespace mma
