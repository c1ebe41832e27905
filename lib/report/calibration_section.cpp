#include <fmt/format.h>

#include "report/chart.h"
#include "report/html.h"
#include "report/report_sections.h"
#include "tasks/calibration.h"

namespace mma {

std::string calibration_section(const ReportedRun& run) {
  auto found = calibration(scored_outcomes(run.results->predictions, run.one_class()));
  Series bins{"", {}, true};
  HtmlTable table{"Scores and what came of them",
                  {"scores up to", "pairs", "mean score", "share that is true"},
                  {}};
  if (run.one_class()) table.head[1] = "samples";
  for (size_t m = 0; m < found.bins.size(); ++m) {
    auto& bin = found.bins[m];
    bins.points.push_back({bin.mean_score, bin.positive_rate});
    table.rows.push_back({fmt::format("{:.1f}", static_cast<double>(m + 1) / 10),
                          std::to_string(bin.count), shown_figure(bin.mean_score),
                          shown_figure(bin.positive_rate)});
  }
  LineChart chart{"mean score", "share that is true", {bins}, Range{0, 1}, Range{0, 1}, true};
  auto of = run.one_class()
                ? "Of each sample's highest score, and whether its class is the true one"
                : "Of every pair of sample and label";
  return html_half_section(
      run.id + "-calibration", "Calibration",
      html_figure(
          {fmt::format("Reliability, expected calibration error {}",
                       shown_figure(found.expected_error)),
           fmt::format(
               "{}: on the thin line a score is the chance of being true; below it the model "
               "is too sure, above it not sure enough.",
               of),
           line_chart(chart, {run.id + "-reliability", "Share that is true against mean score",
                              "Ten ranges of scores; the numbers are below."}),
           html_numbers(table)}));
}

}  // namespace mma
