#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/chart.h"
#include "report/html.h"
#include "report/report_sections.h"
#include "tasks/precision_recall.h"

namespace mma {
namespace {

constexpr size_t kMostCurvePoints = 200;

struct NamedCurve {
  std::string name;
  std::vector<PrecisionRecall> points;
};

NamedCurve curve_of_label(const ReportedRun& run, size_t label) {
  auto one = label_column(run.results->predictions, label);
  return {run.label(label), precision_recall_curve(one.scores, one.truth)};
}

// All pairs together, and the labels with the highest, middle and lowest average precision.
std::vector<NamedCurve> chosen_curves(const ReportedRun& run) {
  auto& p = run.results->predictions;
  std::vector<NamedCurve> curves{{"all pairs", precision_recall_curve(p.scores, p.truth)}};
  std::vector<size_t> order;
  for (size_t c : pictured_labels(run.labels))
    if (!std::isnan(run.labels[c].average_precision)) order.push_back(c);
  if (order.empty() || run.labels.size() == 1) return curves;
  std::vector<size_t> places{0, order.size() / 2, order.size() - 1};
  places.erase(std::unique(places.begin(), places.end()), places.end());
  for (size_t place : places) curves.push_back(curve_of_label(run, order[place]));
  return curves;
}

std::vector<Point> curve_points(const std::vector<PrecisionRecall>& curve) {
  std::vector<Point> points;
  size_t width = (curve.size() + kMostCurvePoints - 1) / kMostCurvePoints;
  for (size_t i = 0; i < curve.size(); ++i)
    if (i % std::max<size_t>(width, 1) == 0 || i + 1 == curve.size())
      points.push_back({curve[i].recall, curve[i].precision});
  return points;
}

}  // namespace

std::string precision_recall_section(const ReportedRun& run) {
  auto curves = chosen_curves(run);
  LineChart chart{"recall", "precision", {}, Range{0, 1}, Range{0, 1}};
  HtmlTable table{"Highest precision at a recall of so much or more", {"recall"}, {}};
  for (auto& curve : curves) {
    chart.series.push_back({curve.name, curve_points(curve.points)});
    table.head.push_back(curve.name);
  }
  for (int tenth = 1; tenth <= 10; ++tenth) {
    double recall = tenth / 10.0;
    table.rows.push_back({fmt::format("{:.1f}", recall)});
    for (auto& curve : curves)
      table.rows.back().push_back(shown_figure(precision_at(curve.points, recall)));
  }
  auto reading =
      curves.size() > 1
          ? "How pure the answers are (precision) when so many of the true ones are to be found "
            "(recall): of all pairs of sample and label, and of the labels with the highest, the "
            "middle and the lowest average precision."
          : "How pure the answers are (precision) when so many of the true ones are to be found "
            "(recall).";
  return html_half_section(
      run.id + "-pr", "Precision and recall",
      html_figure({"Precision against recall", reading,
                   line_chart(chart, {run.id + "-prc", "Precision against recall",
                                      "A curve that stays high to the right is better; the "
                                      "numbers are below."}),
                   html_numbers(table)}));
}

}  // namespace mma
