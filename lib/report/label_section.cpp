#include <fmt/format.h>

#include <cmath>

#include "report/chart.h"
#include "report/html.h"
#include "report/report_sections.h"

namespace mma {
namespace {

HtmlTable label_rows(const ReportedRun& run) {
  HtmlTable table{"Figures of each label, decisions at 0.5",
                  {"label", "positives", "average precision", "95 % interval", "AUROC", "F1",
                   "precision", "recall"},
                  {}};
  if (run.one_class()) table.caption = "Figures of each class against the rest";
  for (size_t c = 0; c < run.labels.size(); ++c) {
    auto& figures = run.labels[c];
    table.rows.push_back(
        {run.label(c), std::to_string(figures.count), shown_figure(figures.average_precision),
         shown_bounds(run.label_bounds[c]), shown_figure(figures.auroc), shown_figure(figures.f1),
         shown_figure(figures.precision), shown_figure(figures.recall)});
  }
  return table;
}

}  // namespace

std::string label_section(const ReportedRun& run) {
  RowChart chart{"average precision", {}};
  for (size_t c : pictured_labels(run.labels)) {
    auto& bounds = run.label_bounds[c];
    chart.rows.push_back({run.label(c), std::to_string(run.labels[c].count),
                          run.labels[c].average_precision, bounds.low, bounds.high, NAN});
  }
  auto reading =
      "The bar is a label's average precision, the grey number behind its name how many samples "
      "have it, the line across the bar's end the 95 % interval over samples (bootstrap)." +
      pictured_note(run.labels.size());
  return html_half_section(
      run.id + "-labels", run.one_class() ? "Classes" : "Labels",
      html_figure({"Average precision", reading,
                   row_chart(chart, {run.id + "-bars", "Average precision of each label",
                                     "A bar a label, the highest first; the numbers are below."}),
                   html_numbers(label_rows(run))}));
}

}  // namespace mma
