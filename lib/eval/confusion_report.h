#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tasks/metrics.h"

namespace mma {

/// The confusion matrix of one class a sample for metrics.json: of each true class how many samples
/// were given each class, without those that none was given:
/// {"drama": {"drama": 12, "war": 3}, "war": {"war": 8}}.
nlohmann::ordered_json confusion_json(const Predictions& p, const std::vector<std::string>& labels);

/// The matrix as a table for a screen; of more than 20 classes the 20 most frequent confusions.
std::string confusion_table(const Predictions& p, const std::vector<std::string>& labels);

}  // namespace mma
