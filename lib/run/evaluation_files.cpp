#include "run/evaluation_files.h"

#include <algorithm>

#include "base/error.h"
#include "base/json_file.h"
#include "tasks/counts.h"

namespace mma {
namespace {

using OrderedFigures = nlohmann::ordered_json;

// These files come from another machine as often as not: none may exhaust this one.
constexpr uint64_t kMaxFiguresBytes = 512 << 20;
constexpr size_t kMaxInputs = 1024, kMaxSites = 1024;

double figure_of(const OrderedFigures& value, const std::string& where, const std::string& key) {
  check_input(value.is_number() || value.is_null(), "{}: {}: expected a number or null", where,
              printable(key));
  return value.is_null() ? kUndefined : value.get<double>();
}

const OrderedFigures& object_of(const OrderedFigures& json, const std::string& where,
                                const char* key) {
  auto it = json.is_object() ? json.find(key) : json.end();
  check_input(json.is_object() && it != json.end() && it->is_object(),
              "{}: {}: expected a mapping; run mma-eval again", where, key);
  return *it;
}

// The members of `of_labels` in the order of the labels, which all must be there.
std::vector<const OrderedFigures*> rows_of(const OrderedFigures& of_labels, const Names& labels,
                                           const std::string& where) {
  check_input(of_labels.size() == labels.size(),
              "{}: labels: expected the model's {}, found {}; run mma-eval again", where,
              labels.size(), of_labels.size());
  std::vector<const OrderedFigures*> rows;
  auto next = of_labels.begin();  // written in the model's order
  for (auto& label : labels) {
    check_input(next.key() == label && next->is_object(),
                "{}: labels: expected '{}', found '{}'; run mma-eval again", where,
                printable(label), printable(next.key()));
    rows.push_back(&*next++);
  }
  return rows;
}

SubsetFigures subset_of(const OrderedFigures& json, const Names& labels, const std::string& where) {
  check_input(json.is_object(), "{}: expected a mapping", where);
  SubsetFigures subset;
  auto modalities = json.find("modalities");
  check_input(
      modalities != json.end() && modalities->is_array() && modalities->size() <= kMaxInputs,
      "{}: modalities: expected a list of words", where);
  for (auto& name : *modalities) {
    check_input(name.is_string(), "{}: modalities: expected a list of words", where);
    subset.modalities.push_back(name.get<std::string>());
  }
  for (auto& [key, value] : json.items())
    if (value.is_number() || value.is_null())
      subset.metrics.emplace_back(key, figure_of(value, where, key));
  for (auto* row : rows_of(object_of(json, where, "labels"), labels, where)) {
    auto precision = row->find("average_precision");
    check_input(precision != row->end(), "{}: labels: average_precision is missing", where);
    subset.average_precision.push_back(figure_of(*precision, where, "average_precision"));
  }
  return subset;
}

}  // namespace

std::optional<GateMeans> read_gates(const fs::path& file, const Names& labels) {
  if (!fs::exists(file)) return std::nullopt;
  auto where = file.string();
  auto json = read_json_object<OrderedFigures>(file, kMaxFiguresBytes);
  GateMeans gates;
  for (auto& [input, value] : object_of(json, where, "overall").items()) {
    gates.inputs.push_back(input);
    gates.overall.push_back(figure_of(value, where, input));
  }
  check_input(!gates.inputs.empty() && gates.inputs.size() <= kMaxInputs,
              "{}: overall: expected 1 to {} inputs, found {}", where, kMaxInputs,
              gates.inputs.size());
  auto values_of = [&](const OrderedFigures& row, const char* key) {
    std::vector<double> values;
    for (auto& input : gates.inputs) {
      auto value = row.find(input);
      check_input(value != row.end() && row.size() == gates.inputs.size(),
                  "{}: {}: expected a figure for each of the inputs of overall", where, key);
      values.push_back(figure_of(*value, where, input));
    }
    return values;
  };
  for (auto* row : rows_of(object_of(json, where, "labels"), labels, where))
    gates.labels.push_back(values_of(*row, "labels"));
  if (auto sites = json.find("sites"); sites != json.end()) {
    check_input(sites->is_array() && sites->size() <= kMaxSites,
                "{}: sites: expected a list of at most {}", where, kMaxSites);
    for (auto& site : *sites) {
      check_input(site.is_object() && site.contains("site") && site["site"].is_string() &&
                      site.contains("gates") && site["gates"].is_object(),
                  "{}: sites: expected mappings with site and gates", where);
      gates.sites.emplace_back(site["site"].get<std::string>(), values_of(site["gates"], "sites"));
    }
  }
  return gates;
}

std::vector<SubsetFigures> read_subsets(const fs::path& file, const Names& labels) {
  if (!fs::exists(file)) return {};
  auto where = file.string();
  auto json =
      parse_json<OrderedFigures>(read_file(file, kMaxFiguresBytes), where, "a JSON list", 16);
  check_input(json.is_array() && !json.empty(), "{}: expected a list of subsets", where);
  std::vector<SubsetFigures> subsets;
  for (auto& row : json)
    subsets.push_back(subset_of(row, labels, fmt::format("{}: {}", where, subsets.size() + 1)));
  return subsets;
}

}  // namespace mma
