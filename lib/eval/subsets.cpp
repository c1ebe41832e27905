#include "eval/subsets.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/text_table.h"

namespace mma {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }
std::string cell(double value) { return std::isfinite(value) ? fmt::format("{:.4f}", value) : "-"; }

std::string name_of(const SubsetResult& result) {
  std::string name = "text";
  for (auto& modality : result.modalities) name += "+" + modality;
  return name;
}

}  // namespace

Split without_modalities(const Split& split, const std::vector<std::string>& modalities) {
  Split rest = split;
  for (auto& name : modalities) {
    auto& table = rest.modalities.at(name);
    std::fill(table.present.begin(), table.present.end(), 0);
    std::fill(table.values.begin(), table.values.end(), 0.0f);
  }
  return rest;
}

std::vector<SubsetResult> evaluate_subsets(
    const Split& split, const std::vector<std::string>& modalities, bool multiclass,
    const std::function<Evaluation(const Split&)>& evaluate) {
  constexpr size_t kMost = 8;
  check_input(
      modalities.size() <= kMost,
      "the model has {} modalities, which makes {} subsets; --subsets takes at most {}: use "
      "--without",
      modalities.size(), size_t{1} << std::min<size_t>(modalities.size(), 62), kMost);
  std::vector<SubsetResult> results;
  for (size_t removed = 0; removed < size_t{1} << modalities.size(); ++removed) {
    SubsetResult result;
    std::vector<std::string> gone;
    for (size_t m = 0; m < modalities.size(); ++m)
      (removed >> m & 1 ? gone : result.modalities).push_back(modalities[m]);
    auto predictions = evaluate(without_modalities(split, gone)).predictions;
    result.metrics = multiclass ? multiclass_metrics(predictions) : multilabel_metrics(predictions);
    result.labels = per_label_metrics(predictions, multiclass);
    results.push_back(std::move(result));
  }
  std::stable_sort(results.begin(), results.end(),
                   [](auto& a, auto& b) { return a.modalities.size() > b.modalities.size(); });
  return results;
}

std::string write_subsets(const fs::path& folder, const std::vector<SubsetResult>& results,
                          const std::vector<std::string>& labels) {
  Json json = Json::array();
  std::vector<std::vector<std::string>> metrics{{"inputs"}}, precision{{"AP of"}};
  auto shown = [](const std::string& name) {  // a table for one screen; the file has them all
    const std::vector<std::string> headline{"accuracy", "f1_micro", "f1_macro",
                                            "ap_micro", "ap_macro", "auroc_macro"};
    return std::find(headline.begin(), headline.end(), name) != headline.end();
  };
  for (auto& [name, value] : results.front().metrics)
    if (shown(name)) metrics[0].push_back(name);
  for (auto& label : labels) precision.push_back({printable(label)});
  for (auto& result : results) {
    Json row = {{"inputs", name_of(result)}, {"modalities", result.modalities}};
    metrics.push_back({name_of(result)});
    for (auto& [name, value] : result.metrics) {
      row[name] = number(value);
      if (shown(name)) metrics.back().push_back(cell(value));
    }
    precision[0].push_back(name_of(result));
    for (size_t i = 0; i < labels.size(); ++i) {
      row["labels"][labels[i]] = {{"f1", number(result.labels[i].f1)},
                                  {"average_precision", number(result.labels[i].average_precision)},
                                  {"auroc", number(result.labels[i].auroc)}};
      precision[i + 1].push_back(cell(result.labels[i].average_precision));
    }
    json.push_back(row);
  }
  make_directories(folder);
  write_atomically(folder / "subsets.json", json.dump(2) + "\n");
  return text_table(metrics) + "\n" + text_table(precision);
}

}  // namespace mma
