#include "eval/evaluation_report.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"
#include "base/text_table.h"
#include "data/text_beginnings.h"
#include "eval/confusion_report.h"
#include "eval/report_tables.h"
#include "run/errors_file.h"
#include "run/predictions_file.h"
#include "tasks/task.h"

namespace mma {
namespace {

using Json = nlohmann::ordered_json;

bool has_input(const Split& split, size_t row, const std::string& input) {
  auto modality = split.modalities.find(input);
  return modality == split.modalities.end() || modality->second.present[row];
}

SampleGates gates_of(const Split& split, const Evaluation& e, size_t row) {
  SampleGates gates;
  const auto k = e.gate_inputs.size();
  for (size_t j = 0; j < k; ++j)
    if (has_input(split, row, e.gate_inputs[j]))
      gates.emplace_back(e.gate_inputs[j], e.gates[row * k + j]);
  return gates;
}

// Mean gates of the samples that `chosen` picks, over those that have the modality.
std::vector<double> mean_gates(const Evaluated& w, const Evaluation& e,
                               const std::function<bool(size_t)>& chosen) {
  const auto k = e.gate_inputs.size();
  std::vector<double> sum(k, 0.0);
  std::vector<int64_t> count(k, 0);
  for (size_t i = 0; i < static_cast<size_t>(w.split.size()); ++i) {
    if (!chosen(i)) continue;
    for (size_t j = 0; j < k; ++j) {
      if (!has_input(w.split, i, e.gate_inputs[j])) continue;
      sum[j] += e.gates[i * k + j];
      ++count[j];
    }
  }
  for (size_t j = 0; j < k; ++j) sum[j] = count[j] ? sum[j] / static_cast<double>(count[j]) : NAN;
  return sum;
}

struct Gates {
  std::vector<std::string> names;
  std::vector<double> overall;
  std::vector<std::vector<double>> labels;
};

Gates summarise_gates(const Evaluated& w, const Evaluation& e) {
  Gates gates;
  if (e.gate_inputs.empty()) return gates;
  gates.names = e.gate_inputs;
  gates.overall = mean_gates(w, e, [](size_t) { return true; });
  // Real targets choose no samples.
  const size_t c = w.split.labels.empty() ? 0 : w.labels.size();
  for (size_t label = 0; label < c; ++label)
    gates.labels.push_back(
        mean_gates(w, e, [&](size_t i) { return w.split.labels[i * c + label] == 1; }));
  return gates;
}

Json gates_json(const Evaluated& w, const Gates& gates, const std::vector<SiteGates>& sites) {
  auto row = [&](const std::vector<double>& values) {
    Json json = Json::object();
    for (size_t j = 0; j < values.size(); ++j) append(json, gates.names[j], figure_json(values[j]));
    return json;
  };
  Json json = {{"overall", row(gates.overall)}, {"labels", Json::object()}};
  auto& labels = json["labels"];
  for (size_t i = 0; i < gates.labels.size(); ++i)
    append(labels, w.labels[i], row(gates.labels[i]));
  for (auto& site : sites)
    json["sites"].push_back({{"site", site.name}, {"gates", row(site.means)}});
  return json;
}

Json metrics_json(const Evaluated& w, const Evaluation& e, const Metrics& metrics,
                  const Metrics& tuned, const LabelFigures& labels) {
  Json json = {{"split", w.split_name}, {"samples", w.split.size()}, {"loss", figure_json(e.loss)}};
  for (auto& [name, value] : metrics) json[name] = figure_json(value);
  for (auto& [name, value] : tuned) json["tuned_thresholds"][name] = figure_json(value);
  auto& of_labels = json["labels"];
  for (size_t i = 0; i < labels.rows.size(); ++i) {
    Json label = Json::object();
    if (!labels.positives.empty()) label["count"] = labels.positives[i];
    for (size_t k = 0; k < labels.names.size(); ++k)
      append(label, labels.names[k], figure_json(labels.rows[i][k]));
    append(of_labels, w.labels[i], std::move(label));
  }
  if (traits_of(w.kind).one_a_sample) json["confusion"] = confusion_json(e.predictions, w.labels);
  return json;
}

// One line for all labels without positives, however many.
void warn_of_unmet(const Evaluated& w, const LabelFigures& labels) {
  constexpr size_t kNamed = 5;
  std::vector<std::string> unmet;
  for (size_t i = 0; i < labels.positives.size(); ++i)
    if (labels.positives[i] == 0) unmet.push_back(w.labels[i]);
  if (unmet.empty()) return;
  auto count = unmet.size();
  unmet.resize(std::min(count, kNamed));
  for (auto& name : unmet) name = printable(name);
  log_warning(
      "eval",
      "{} of {} labels have no positives in {}: they have no average precision and are left "
      "out of its mean: {}{}",
      count, labels.rows.size(), w.split_name, fmt::join(unmet, ", "),
      count > kNamed ? ", ..." : "");
}

std::string tables(const Metrics& metrics, const Metrics& tuned, const LabelFigures& labels,
                   const Evaluated& w, const Evaluation& e, const Gates& gates) {
  auto& about = task_of(w.kind).about();
  std::vector<std::vector<std::string>> summary{{"metric", about.figures_head}};
  if (!tuned.empty()) summary[0].push_back("tuned on dev");
  for (size_t i = 0; i < metrics.size(); ++i) {
    summary.push_back({metrics[i].first, figure_cell(metrics[i].second)});
    if (!tuned.empty()) summary.back().push_back(figure_cell(tuned[i].second));
  }
  const bool counted = !labels.positives.empty();
  std::vector<std::string> head{"label"};
  if (counted) head.push_back("count");
  for (auto& [name, shown] : about.label_figures) head.push_back(shown);
  const size_t width = head.size();
  for (auto& name : gates.names) head.push_back("gate " + name);
  std::vector<std::vector<std::string>> rows{head};
  auto with_gates = [](std::vector<std::string> row, const std::vector<double>& values) {
    for (double value : values) row.push_back(figure_cell(value));
    return row;
  };
  for (size_t i : shown_labels(labels)) {
    std::vector<std::string> row{printable(w.labels[i])};
    if (counted) row.push_back(std::to_string(labels.positives[i]));
    for (auto& [name, shown] : about.label_figures)
      row.push_back(figure_cell(labels.rows[i][labels.column(name)]));
    rows.push_back(with_gates(std::move(row), gates.labels.empty()
                                                  ? std::vector<double>(gates.names.size(), NAN)
                                                  : gates.labels[i]));
  }
  if (!gates.names.empty()) {
    std::vector<std::string> row{"all"};
    if (counted) row.push_back(std::to_string(w.split.size()));
    row.resize(width);
    rows.push_back(with_gates(std::move(row), gates.overall));
  }
  auto text =
      text_table(summary) + "\n" + text_table(rows) + labels_not_shown(labels, "metrics.json");
  if (traits_of(w.kind).one_a_sample) text += "\n" + confusion_table(e.predictions, w.labels);
  return text;
}

}  // namespace

Report write_report(const fs::path& folder, const Evaluated& what, const Evaluation& result) {
  auto& task = task_of(what.kind);
  auto metrics = task.metrics(result.predictions);
  auto labels = task.label_figures(result.predictions);
  warn_of_unmet(what, labels);
  auto gates = summarise_gates(what, result);
  Metrics tuned;  // rankings are as above
  if (!what.thresholds.empty()) tuned = task.metrics(result.predictions, what.thresholds);
  make_directories(folder);
  write_predictions(folder / "predictions.jsonl", what.split.ids, what.labels, result.predictions);
  ErrorNotes notes;
  if (what.texts.known())
    notes.text_of = [&](size_t row) { return text_beginning(what.split, row, what.texts); };
  if (!gates.names.empty())
    notes.gates_of = [&](size_t row) { return gates_of(what.split, result, row); };
  write_errors(folder / "errors.jsonl", what.split.ids, what.labels, result.predictions, what.kind,
               notes);
  if (!gates.names.empty())
    write_atomically(folder / "gates.json", gates_json(what, gates, result.sites).dump(2) + "\n");
  write_atomically(folder / "metrics.json",
                   metrics_json(what, result, metrics, tuned, labels).dump(2) + "\n");
  auto shown = tables(metrics, tuned, labels, what, result, gates);
  return {std::move(metrics), task.about().headline, std::move(shown)};
}

}  // namespace mma
