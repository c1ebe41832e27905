#include <fmt/format.h>

#include <cmath>

#include "report/chart.h"
#include "report/html.h"
#include "report/report_sections.h"

namespace mma {
namespace {

std::string why_no_gates(const ReportedRun& run) {
  if (run.results->modalities.empty() &&
      run.results->recipe_value("model.name") != "adapter_fusion")
    return "The model reads text alone: there is nothing that gates could weigh.";
  return fmt::format(
      "No gates.json for this split. Where the model mixes its inputs by gates (mm_adapter, gmu, "
      "adapter_fusion), this writes it: mma-eval {} --data PACK --split {}",
      run.results->folder.string(), run.split);
}

// By the places of the gates in the encoder; "" where they are not known.
std::string site_figure(const ReportedRun& run) {
  auto& gates = *run.gates;
  if (gates.sites.empty()) return "";
  HeatMap map;
  HtmlTable table{"Mean gates of each layer's sub-layers", {"layer"}, {}};
  for (auto& input : gates.inputs) {
    map.columns.push_back(shown_name(input));
    table.head.push_back(shown_name(input));
  }
  for (auto& [name, values] : gates.sites) {
    map.rows.push_back(shown_name(name));
    map.values.push_back(values);
    table.rows.push_back({shown_name(name)});
    for (double value : values) table.rows.back().push_back(shown_figure(value));
  }
  return html_figure(
      {"Mean gates by layer",
       "The same for each of the encoder's layers, from the text's side up, behind its attention "
       "and behind its feed-forward (output), over the samples that have the input.",
       heat_map(map, {run.id + "-gate-layers", "Mean gates by layer and input",
                      "A row a place in the encoder, a column an input; the numbers are below."}),
       html_numbers(table), gates.inputs.size() > 5});
}

}  // namespace

std::string gate_section(const ReportedRun& run) {
  auto id = run.id + "-gates";
  if (!run.gates) return html_half_section(id, "Gates", html_paragraph(why_no_gates(run)));
  auto& gates = *run.gates;
  HeatMap map;
  HtmlTable table{"Mean gates of the samples of each label", {"label"}, {}};
  for (auto& input : gates.inputs) {
    map.columns.push_back(shown_name(input));
    table.head.push_back(shown_name(input));
  }
  auto add = [&](const std::string& name, const std::vector<double>& values, bool pictured) {
    if (pictured) {
      map.rows.push_back(name);
      map.values.push_back(values);
      return;
    }
    table.rows.push_back({name});
    for (double value : values) table.rows.back().push_back(shown_figure(value));
  };
  add("all samples", gates.overall, true);
  add("all samples", gates.overall, false);
  for (size_t c : pictured_labels(run.labels)) add(run.label(c), gates.labels[c], true);
  for (size_t c = 0; c < gates.labels.size(); ++c) add(run.label(c), gates.labels[c], false);
  auto reading =
      "How much of each input the gates let through, from 0 to 1, on average over a label's "
      "samples, their tokens and the model's layers; between rows it is the difference that "
      "tells." +
      pictured_note(run.labels.size());
  return html_half_section(
      id, "Gates",
      html_figure({"Mean gates by label", reading,
                   heat_map(map, {run.id + "-gate-map", "Mean gates by label and input",
                                  "A row a label, a column an input; the numbers are below."}),
                   html_numbers(table), gates.inputs.size() > 5}) +
          site_figure(run));
}

}  // namespace mma
