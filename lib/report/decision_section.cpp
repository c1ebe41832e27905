#include <fmt/format.h>

#include <cmath>

#include "report/chart.h"
#include "report/html.h"
#include "report/report_sections.h"

namespace mma {
namespace {

HtmlTable mean_rows(const ReportedRun& run) {
  HtmlTable table{"Means of decisions", {"figure", "at 0.5"}, {}};
  if (!run.tuned.empty()) table.head.push_back("at tuned thresholds");
  for (auto* name : {"f1_micro", "f1_macro", "f1_samples", "precision_micro", "recall_micro",
                     "subset_accuracy", "accuracy"}) {
    table.rows.push_back({name, shown_figure(figure_named(run.results->metrics, name))});
    if (!run.tuned.empty())
      table.rows.back().push_back(shown_figure(
          figure_named(run.results->metrics, std::string("tuned_thresholds.") + name)));
  }
  return table;
}

HtmlTable threshold_rows(const ReportedRun& run) {
  HtmlTable table{"Decisions of each label at 0.5 and at its tuned threshold",
                  {"label", "positives", "precision at 0.5", "recall at 0.5", "F1 at 0.5",
                   "threshold", "precision", "recall", "F1"},
                  {}};
  for (size_t c = 0; c < run.labels.size(); ++c) {
    auto &half = run.labels[c], &own = run.tuned[c];
    table.rows.push_back({run.label(c), std::to_string(half.count), shown_figure(half.precision),
                          shown_figure(half.recall), shown_figure(half.f1),
                          shown_figure(run.results->thresholds[c]), shown_figure(own.precision),
                          shown_figure(own.recall), shown_figure(own.f1)});
  }
  return table;
}

std::string no_thresholds(const ReportedRun& run) {
  if (run.results->thresholds.empty())
    return "The model has no thresholds of its own: they are tuned in training where the pack has "
           "a dev split.";
  return "Thresholds were tuned on dev and say nothing about it; a report of another split shows "
         "what they do.";
}

}  // namespace

std::string decision_section(const ReportedRun& run) {
  auto means = html_table(mean_rows(run));
  if (run.tuned.empty()) {
    auto why = no_thresholds(run) + " Figures of each label at 0.5 stand under Labels.";
    return html_half_section(run.id + "-decisions", "Decisions", html_paragraph(why) + means);
  }
  RowChart chart{"F1", {}, true};
  for (size_t c : pictured_labels(run.labels))
    chart.rows.push_back({run.label(c), fmt::format("{:.2f}", run.results->thresholds[c]),
                          run.tuned[c].f1, NAN, NAN, run.labels[c].f1});
  auto reading =
      "The hollow dot is a label's F1 with a threshold of 0.5, the full one with the "
      "threshold that was tuned for it on dev, the grey number behind its name." +
      pictured_note(run.labels.size());
  auto figure = html_figure({"F1 at 0.5 and at tuned thresholds", reading,
                             row_chart(chart, {run.id + "-f1", "F1 of each label at two thresholds",
                                               "Two dots a label; the numbers are below."}),
                             html_numbers(threshold_rows(run))});
  return html_half_section(run.id + "-decisions", "Decisions", figure + means);
}

}  // namespace mma
