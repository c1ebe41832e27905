#include "run/run_results.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/json_file.h"
#include "recipe/recipe.h"
#include "run/metrics_log.h"
#include "run/predictions_file.h"
#include "run/run_record.h"
#include "tasks/counts.h"

namespace mma {
namespace {

using Json = nlohmann::json;

// These files come from another machine as often as not: none may exhaust this one.
constexpr uint64_t kMaxJsonBytes = 64 << 20;
constexpr size_t kMaxLabels = 100'000;
constexpr int kMaxDepth = 16;

// The member of that dotted name; `where` is for the message.
const Json& member(const Json& json, const std::string& where, const std::string& dotted) {
  const Json* at = &json;
  for (size_t start = 0; start <= dotted.size();) {
    auto dot = std::min(dotted.find('.', start), dotted.size());
    auto it = at->is_object() ? at->find(dotted.substr(start, dot - start)) : at->end();
    check_input(at->is_object() && it != at->end(), "{}: {} is missing", where, dotted);
    at = &*it;
    start = dot + 1;
  }
  return *at;
}

std::string text(const Json& json, const std::string& where, const std::string& dotted) {
  auto& value = member(json, where, dotted);
  check_input(value.is_string(), "{}: {}: expected a text", where, dotted);
  return value.get<std::string>();
}

double number(const Json& json, const std::string& where, const std::string& dotted) {
  auto& value = member(json, where, dotted);
  check_input(value.is_number(), "{}: {}: expected a number", where, dotted);
  return value.get<double>();
}

Names words(const Json& json, const std::string& where, const std::string& dotted) {
  auto& list = member(json, where, dotted);
  check_input(list.is_array() && list.size() <= kMaxLabels, "{}: {}: expected a list of words",
              where, dotted);
  Names all;
  for (auto& word : list) {
    check_input(word.is_string(), "{}: {}: expected a list of words", where, dotted);
    all.push_back(word.get<std::string>());
  }
  return all;
}

void flatten(const Json& json, const std::string& where, const std::string& prefix, OrderedMap& out,
             int depth = 0) {
  check_input(depth <= kMaxDepth, "{}: nested deeper than {}", where, kMaxDepth);
  for (auto& [key, value] : json.items()) {
    auto dotted = prefix.empty() ? key : prefix + "." + key;
    if (value.is_object()) {
      flatten(value, where, dotted, out, depth + 1);
    } else {
      for (auto& item : value)
        check_input(item.is_primitive(), "{}: {}: expected a list of words", where, dotted);
      out.emplace_back(dotted, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
}

void read_about(RunResults& run) {
  auto file = run.folder / "run.json";
  auto record = read_run_record(file);
  check_input(record.finished(), "{}: the run is not finished: give its mma-train command again",
              file.string());
  run.seed = record.seed;
  run.data_hash = record.data.hash;
  run.backbone_hash = record.backbone.hash;
  run.trained = record.trained;
  run.best_of_dev = record.best_step >= 0 ? record.best_metric : kUndefined;
}

// Gives the samples of a training step.
double read_model(RunResults& run) {
  auto file = run.folder / "model" / "config.json";
  auto where = file.string();
  auto json = read_json_object<Json>(file, kMaxJsonBytes);
  auto kind = text(json, where, "label_kind");
  auto kinds = names_of(label_kinds());
  check_input(std::find(kinds.begin(), kinds.end(), kind) != kinds.end(),
              "{}: label_kind: expected {}, found '{}'", where, fmt::join(kinds, " or "),
              printable(kind));
  run.label_kind = pick(label_kinds(), "label_kind", kind).kind;
  run.labels = words(json, where, "labels");
  std::set<std::string> distinct(run.labels.begin(), run.labels.end());
  check_input(!run.labels.empty() && distinct.size() == run.labels.size(),
              "{}: labels: expected at least one, none twice", where);
  if (json.contains("thresholds"))
    for (auto& label : run.labels) {
      auto& all = json.at("thresholds");
      check_input(all.is_object() && all.contains(label) && all.at(label).is_number(),
                  "{}: thresholds: no number for the label '{}'", where, printable(label));
      run.thresholds.push_back(all.at(label).get<double>());
    }
  auto& recipe = member(json, where, "recipe");
  check_input(recipe.is_object(), "{}: recipe: expected a mapping", where);
  run.modalities = words(json, where, "recipe.modalities");
  flatten(recipe, where, "", run.recipe);
  // The loss of real targets makes no other system where there are none; older versions had no such
  // key.
  const bool real = traits_of(run.label_kind).real;
  std::erase_if(run.recipe, [&](auto& field) {
    return field.first == "seed" || !bears_on_results(field.first) ||
           (field.first == "loss.regression" && !real);
  });
  text(json, where, "recipe.model.name");
  for (auto& entry : fs::recursive_directory_iterator(run.folder / "model"))
    if (entry.is_regular_file()) run.model_bytes += static_cast<int64_t>(entry.file_size());
  return number(json, where, "recipe.optim.batch_size") *
         number(json, where, "recipe.optim.accumulate");
}

void read_reports(RunResults& run, double samples_a_step) {
  run.peak_memory_bytes = kUndefined;
  for (auto& report : read_step_reports(run.folder / "metrics.jsonl")) {
    run.step_milliseconds.push_back(1000 * samples_a_step / report.samples_per_second);
    run.peak_memory_bytes = std::fmax(run.peak_memory_bytes, report.peak_memory_bytes);
  }
}

void add_figures(const Json& json, const std::string& prefix, Metrics& metrics) {
  for (auto& [name, value] : json.items()) {
    if (value.is_number() && name != "samples")
      metrics.emplace_back(prefix + name, value.get<double>());
    if (value.is_null()) metrics.emplace_back(prefix + name, kUndefined);
  }
}

void read_metrics(RunResults& run, const fs::path& file) {
  auto json = read_json_object<Json>(file, kMaxJsonBytes);
  add_figures(json, "", run.metrics);
  if (auto it = json.find("tuned_thresholds"); it != json.end() && it->is_object())
    add_figures(*it, "tuned_thresholds.", run.metrics);
}

}  // namespace

std::string RunResults::recipe_value(const std::string& key) const {
  for (auto& [name, value] : recipe)
    if (name == key) return value;
  return "";
}

Names RunResults::inputs(const Names& modalities) const {
  Names all = modalities;
  if (reads_text()) all.insert(all.begin(), "text");
  return all;
}

std::vector<fs::path> find_runs(const std::vector<fs::path>& given, Faults& faults) {
  std::vector<fs::path> runs;
  auto is_run = [](const fs::path& folder) { return fs::exists(folder / "run.json"); };
  for (auto& folder : given) {
    if (is_run(folder)) {
      runs.push_back(folder);
      continue;
    }
    // A folder of seeds, of settings, or of settings with seeds (mma-train --grid).
    std::vector<fs::path> inside;
    auto look_into = [&](auto& self, const fs::path& where, int depth) -> void {
      if (!fs::is_directory(where)) return;
      for (auto& entry : fs::directory_iterator(where)) {
        if (!entry.is_directory()) continue;
        if (is_run(entry.path()))
          inside.push_back(entry.path());
        else if (depth > 1)
          self(self, entry.path(), depth - 1);
      }
    };
    look_into(look_into, folder, 2);
    if (inside.empty())
      faults.add("run", fmt::format("{}: neither a run directory of mma-train nor a folder of some",
                                    folder.string()));
    std::sort(inside.begin(), inside.end());
    runs.insert(runs.end(), inside.begin(), inside.end());
  }
  return runs;
}

RunResults read_finished_run(const fs::path& folder) {
  RunResults run;
  run.folder = folder;
  read_about(run);
  double samples_a_step = read_model(run);
  read_reports(run, samples_a_step);
  return run;
}

std::string missing_evaluation(const fs::path& folder, const std::string& split) {
  auto evaluation = folder / "eval" / split;
  for (auto* name : {"metrics.json", "predictions.jsonl"})
    if (!fs::exists(evaluation / name))
      return fmt::format("mma-eval {} --data PACK --split {}", folder.string(), split);
  return "";
}

RunResults read_run(const fs::path& folder, const std::string& split) {
  auto run = read_finished_run(folder);
  auto command = missing_evaluation(folder, split);
  check_input(command.empty(), "{}: not evaluated on {}: run {} first", folder.string(), split,
              command);
  auto evaluation = folder / "eval" / split;
  read_metrics(run, evaluation / "metrics.json");
  auto again = fmt::format("run mma-eval {} --data PACK --split {} first", folder.string(), split);
  auto stored =
      read_predictions(evaluation / "predictions.jsonl", run.labels, run.label_kind, again);
  run.ids = std::move(stored.ids);
  run.predictions = std::move(stored.predictions);
  return run;
}

}  // namespace mma
