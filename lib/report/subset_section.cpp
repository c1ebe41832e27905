#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "report/chart.h"
#include "report/comparison_table.h"
#include "report/html.h"
#include "report/report_sections.h"

namespace mma {
namespace {

constexpr size_t kMostSubsets = 12;   // pictured
constexpr double kSameSubset = 1e-6;  // as metrics.json has it

std::string subset_name(const ReportedRun& run, const Names& modalities) {
  Names inputs;
  for (auto& name : run.results->inputs(modalities)) inputs.push_back(shown_name(name));
  return inputs.empty() ? "nothing" : fmt::format("{}", fmt::join(inputs, "+"));
}

// The subset with these modalities alone, in any order; null where the file has none.
const SubsetFigures* find_subset(const ReportedRun& run, Names modalities) {
  std::sort(modalities.begin(), modalities.end());
  for (auto& subset : run.subsets) {
    auto names = subset.modalities;
    std::sort(names.begin(), names.end());
    if (names == modalities) return &subset;
  }
  return nullptr;
}

HtmlTable metric_rows(const ReportedRun& run) {
  HtmlTable table{"Metrics of each subset of the inputs", {"inputs"}, {}};
  for (auto& name : shown_figures(run.results->label_kind, run.metric)) table.head.push_back(name);
  for (auto& subset : run.subsets) {
    table.rows.push_back({subset_name(run, subset.modalities)});
    for (size_t i = 1; i < table.head.size(); ++i)
      table.rows.back().push_back(shown_figure(figure_named(subset.metrics, table.head[i])));
  }
  return table;
}

std::string subset_figure(const ReportedRun& run) {
  HeatMap map;
  HtmlTable table{"Average precision of each label with each subset of the inputs", {"label"}, {}};
  auto shown = std::min(run.subsets.size(), kMostSubsets);
  for (size_t s = 0; s < shown; ++s) {
    map.columns.push_back(subset_name(run, run.subsets[s].modalities));
    table.head.push_back(map.columns.back());
  }
  for (size_t c : pictured_labels(run.labels)) {
    map.rows.push_back(run.label(c));
    map.values.emplace_back();
    for (size_t s = 0; s < shown; ++s)
      map.values.back().push_back(run.subsets[s].average_precision[c]);
  }
  for (size_t c = 0; c < run.labels.size(); ++c) {
    table.rows.push_back({run.label(c)});
    for (size_t s = 0; s < shown; ++s)
      table.rows.back().push_back(shown_figure(run.subsets[s].average_precision[c]));
  }
  auto reading =
      "The same model while it sees only the inputs of the column: the stronger the colour, the "
      "higher a label's average precision." +
      pictured_note(run.labels.size());
  if (run.subsets.size() > shown)
    reading += fmt::format(
        " Of {} subsets the {} with the most inputs stand here; all are in "
        "subsets.json.",
        run.subsets.size(), shown);
  return html_figure(
      {"Average precision by inputs", reading,
       heat_map(map, {run.id + "-subset-map", "Average precision by label and inputs",
                      "A row a label, a column a subset; the numbers are below."}),
       html_numbers(table), shown > 4});
}

struct Gain {
  std::string name;
  std::vector<double> labels;
};

Gain difference(const std::string& name, const SubsetFigures& with, const SubsetFigures& without) {
  Gain gain{name, {}};
  for (size_t c = 0; c < with.average_precision.size(); ++c)
    gain.labels.push_back(with.average_precision[c] - without.average_precision[c]);
  return gain;
}

// What each modality adds to all others; where there are several, also what it adds to text alone.
std::vector<Gain> gains_of(const ReportedRun& run) {
  auto& all = run.results->modalities;
  std::vector<Gain> gains, alone;
  auto *full = find_subset(run, all), *text = find_subset(run, {});
  for (auto& modality : all) {
    Names others;
    std::copy_if(all.begin(), all.end(), std::back_inserter(others),
                 [&](auto& name) { return name != modality; });
    auto *without = find_subset(run, others), *only = find_subset(run, {modality});
    auto name = fmt::format("+{}", shown_name(modality));
    if (full && without) gains.push_back(difference(name, *full, *without));
    if (all.size() > 1 && only && text && run.results->reads_text())
      alone.push_back(difference(name + " to text", *only, *text));
  }
  gains.insert(gains.end(), alone.begin(), alone.end());
  return gains;
}

std::string gain_figure(const ReportedRun& run) {
  auto gains = gains_of(run);
  if (gains.empty()) return "";
  HeatMap map;
  map.diverging = true;
  map.most = 0.05;
  HtmlTable table{"What each modality adds to each label's average precision", {"label"}, {}};
  for (auto& gain : gains) {
    map.columns.push_back(gain.name);
    table.head.push_back(gain.name);
    for (double value : gain.labels)
      if (std::isfinite(value)) map.most = std::max(map.most, std::abs(value));
  }
  for (size_t c : pictured_labels(run.labels)) {
    map.rows.push_back(run.label(c));
    map.values.emplace_back();
    for (auto& gain : gains) map.values.back().push_back(gain.labels[c]);
  }
  for (size_t c = 0; c < run.labels.size(); ++c) {
    table.rows.push_back({run.label(c)});
    for (auto& gain : gains)
      table.rows.back().push_back(
          std::isfinite(gain.labels[c]) ? fmt::format("{:+.4f}", gain.labels[c]) : "-");
  }
  std::string reading =
      "Average precision with all inputs less that without the modality: blue "
      "where it helps a label, orange where it harms.";
  if (run.results->modalities.size() > 1 && run.results->reads_text())
    reading += " Columns \"to text\": with text and that modality alone, less text alone.";
  return html_figure({"What each modality adds", reading,
                      heat_map(map, {run.id + "-gain-map", "What each modality adds to each label",
                                     "A row a label, a column a modality; the numbers are below."}),
                      html_numbers(table), gains.size() > 4});
}

// Whether the subset of all modalities has the metric's value that the evaluation has.
bool same_evaluation(const ReportedRun& run) {
  auto* full = find_subset(run, run.results->modalities);
  if (!full) return false;
  double here = figure_named(full->metrics, run.metric), there = run.headline().value;
  return (std::isnan(here) && std::isnan(there)) || std::abs(here - there) <= kSameSubset;
}

}  // namespace

std::string subset_section(const ReportedRun& run) {
  auto id = run.id + "-subsets";
  auto command = fmt::format("mma-eval {} --data PACK --split {} --subsets",
                             run.results->folder.string(), run.split);
  if (run.results->modalities.empty())
    return html_section(3, id, "Modalities",
                        html_paragraph("The model reads text alone: it has no other inputs."));
  if (run.subsets.empty())
    return html_section(3, id, "Modalities",
                        html_paragraph("What each subset of the inputs reaches is not evaluated "
                                       "on this split; this does it: " +
                                       command));
  std::string body;
  if (!same_evaluation(run))
    body += html_paragraph(
        "subsets.json is not of the same evaluation as metrics.json; this makes it anew: " +
        command);
  body += html_table(metric_rows(run)) + html_columns({subset_figure(run), gain_figure(run)});
  return html_section(3, id, "Modalities", body);
}

}  // namespace mma
