#include "eval/subsets.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/text_table.h"
#include "eval/report_tables.h"

namespace mma {
namespace {

using Json = nlohmann::ordered_json;

std::string name_of(const SubsetResult& result) {
  auto inputs = result.modalities;
  if (result.with_text) inputs.insert(inputs.begin(), "text");
  return inputs.empty() ? "nothing" : fmt::format("{}", fmt::join(inputs, "+"));
}

Json subset_json(const SubsetResult& result, const Task& task,
                 const std::vector<std::string>& labels) {
  Json row = {{"inputs", name_of(result)}, {"modalities", result.modalities}};
  for (auto& [name, value] : result.metrics) row[name] = figure_json(value);
  auto& of_labels = row["labels"];
  for (size_t i = 0; i < labels.size(); ++i) {
    Json label = Json::object();
    for (auto& [name, shown] : task.about().label_figures)
      append(label, name, figure_json(result.labels.rows[i][result.labels.column(name)]));
    append(of_labels, labels[i], std::move(label));
  }
  return row;
}

}  // namespace

Split without_modalities(const Split& split, const std::vector<std::string>& modalities) {
  Split rest = split;
  for (auto& name : modalities) {
    auto& rows = rest.modalities.at(name);
    std::fill(rows.present.begin(), rows.present.end(), 0);
    rows.values = {};
  }
  return rest;
}

std::vector<SubsetResult> evaluate_subsets(
    const Split& split, const std::vector<std::string>& modalities, const Task& task,
    bool with_text, const std::function<Evaluation(const Split&)>& evaluate) {
  constexpr size_t kMost = 8;
  check_input(
      modalities.size() <= kMost,
      "the model has {} modalities, which makes {} subsets; --subsets takes at most {}: use "
      "--without",
      modalities.size(), size_t{1} << std::min<size_t>(modalities.size(), 62), kMost);
  std::vector<SubsetResult> results;
  for (size_t removed = 0; removed < size_t{1} << modalities.size(); ++removed) {
    SubsetResult result;
    result.with_text = with_text;
    std::vector<std::string> gone;
    for (size_t m = 0; m < modalities.size(); ++m)
      (removed >> m & 1 ? gone : result.modalities).push_back(modalities[m]);
    auto predictions = evaluate(without_modalities(split, gone)).predictions;
    result.metrics = task.metrics(predictions);
    result.labels = task.label_figures(predictions);
    results.push_back(std::move(result));
  }
  std::stable_sort(results.begin(), results.end(),
                   [](auto& a, auto& b) { return a.modalities.size() > b.modalities.size(); });
  return results;
}

std::string write_subsets(const fs::path& folder, const std::vector<SubsetResult>& results,
                          const Task& task, const std::vector<std::string>& labels) {
  auto& about = task.about();
  const size_t main = results.front().labels.column(about.main_label_figure);
  auto head = pick(about.label_figures, "figure", about.main_label_figure);
  Json json = Json::array();
  std::vector<std::pair<std::string, Metrics>> metrics;
  auto shown = shown_labels(results.front().labels);
  std::vector<std::vector<std::string>> of_labels{{head + " of"}};
  for (size_t i : shown) of_labels.push_back({printable(labels[i])});
  for (auto& result : results) {
    metrics.emplace_back(name_of(result), result.metrics);
    of_labels[0].push_back(printable(name_of(result)));
    for (size_t row = 0; row < shown.size(); ++row)
      of_labels[row + 1].push_back(figure_cell(result.labels.rows[shown[row]][main]));
    json.push_back(subset_json(result, task, labels));
  }
  make_directories(folder);
  write_atomically(folder / "subsets.json", json.dump(2) + "\n");
  return metrics_table("inputs", metrics, about.headline) + "\n" + text_table(of_labels) +
         labels_not_shown(results.front().labels, "subsets.json");
}

}  // namespace mma
