#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tasks/decisions.h"
#include "tasks/weighted_metric.h"

namespace mma {

/// f1, precision, recall, ap or auroc, _micro, _macro or _weighted. `predicted` [N, C] of 0 and 1:
/// what was decided.
std::unique_ptr<WeightedMetric> weighted_class_metric(const Predictions& p,
                                                      const std::vector<uint8_t>& predicted,
                                                      Labels macro_over, const std::string& name);

}  // namespace mma
