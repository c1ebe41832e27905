#include "eval/report_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/text_table.h"
#include "tasks/counts.h"

namespace mma {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostLabels = 50;

}  // namespace

std::string figure_cell(double value) {
  return std::isfinite(value) ? fmt::format("{:.4f}", value) : "-";
}

Json figure_json(double value) { return std::isfinite(value) ? Json(value) : Json(); }

void append(Json& object, const std::string& name, Json value) {
  if (object.is_null()) object = Json::object();
  object.get_ref<Json::object_t&>().emplace_back(name, std::move(value));
}

std::vector<size_t> shown_labels(const LabelFigures& labels) {
  std::vector<size_t> order(labels.rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (order.size() <= kMostLabels) return order;
  if (!labels.positives.empty())
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return labels.positives[a] > labels.positives[b]; });
  order.resize(kMostLabels);
  return order;
}

std::string labels_not_shown(const LabelFigures& labels, const std::string& file) {
  const size_t count = labels.rows.size();
  if (count <= kMostLabels) return "";
  auto which = labels.positives.empty()
                   ? fmt::format("first {} targets", kMostLabels)
                   : fmt::format("{} labels with the most positives", kMostLabels);
  return fmt::format("The {}; the other {} are in {}.\n", which, count - kMostLabels, file);
}

std::string metrics_table(const std::string& head,
                          const std::vector<std::pair<std::string, Metrics>>& rows,
                          const std::vector<std::string>& shown) {
  auto is_shown = [&](const std::string& name) {
    return std::find(shown.begin(), shown.end(), name) != shown.end();
  };
  std::vector<std::vector<std::string>> table{{head}};
  for (auto& [name, value] : rows.front().second)
    if (is_shown(name)) table[0].push_back(name);
  for (auto& [row, metrics] : rows) {
    table.push_back({printable(row)});
    for (auto& [name, value] : metrics)
      if (is_shown(name)) table.back().push_back(figure_cell(value));
  }
  return text_table(table);
}

std::string runs_table(const std::vector<std::pair<std::string, Metrics>>& runs,
                       const std::vector<std::string>& shown) {
  auto rows = runs;
  auto means = runs.front().second;
  for (size_t i = 0; i < means.size(); ++i) {
    Mean mean;
    for (auto& [name, metrics] : runs) mean.add(metrics.at(i).second);
    means[i].second = mean.value();
  }
  rows.emplace_back("mean", means);
  return metrics_table("run", rows, shown);
}

}  // namespace mma
