#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tasks/metrics.h"

namespace mma {

/// A figure in a table: four decimals, "-" where it is not defined.
std::string figure_cell(double value);
/// A figure in a JSON file: null where it is not defined.
nlohmann::ordered_json figure_json(double value);
/// Adds a member without looking for one of that name, which would take as long as there are
/// members.
void append(nlohmann::ordered_json& object, const std::string& name, nlohmann::ordered_json value);

/// The labels that a table for a screen shows: all in their order, or of more than 50 the 50 with
/// the most positives, most first; of real targets the first 50.
std::vector<size_t> shown_labels(const LabelFigures& labels);
/// The line below such a table that says where the others are; "" where it shows all.
std::string labels_not_shown(const LabelFigures& labels, const std::string& file);

/// A row for each named list of metrics, with those of `shown`.
std::string metrics_table(const std::string& head,
                          const std::vector<std::pair<std::string, Metrics>>& rows,
                          const std::vector<std::string>& shown);

/// What several runs of one evaluation come to: a row each, and their mean.
std::string runs_table(const std::vector<std::pair<std::string, Metrics>>& runs,
                       const std::vector<std::string>& shown);

}  // namespace mma
