#include <fmt/format.h>

#include <cmath>

#include "report/chart.h"
#include "report/comparison_table.h"
#include "report/html.h"
#include "report/report_sections.h"

namespace mma {

std::string comparison_section(const Comparison& comparison) {
  auto rows = comparison_rows(comparison);
  HtmlTable table{
      "All systems, as mma-eval compare has them", rows.front(), {rows.begin() + 1, rows.end()}};
  RowChart chart{comparison.metric, {}, true};
  chart.names_above = true;
  std::vector<double> ends;
  for (auto& system : comparison.systems) {
    Interval value{NAN, NAN};
    for (auto& figure : system.figures)
      if (figure.name == comparison.metric) value = figure.value;
    chart.rows.push_back({system.name, "", value.mean, value.mean - value.half_width,
                          value.mean + value.half_width, NAN});
    for (double end : {value.mean, chart.rows.back().low, chart.rows.back().high})
      ends.push_back(end);
  }
  chart.range = range_of(ends);
  auto figure = html_figure(
      {comparison.metric + " of each system",
       "The dot is the mean over a system's runs (seeds), the line its 95 % interval over them; a "
       "single run has none. The axis does not begin at 0.",
       row_chart(chart, {"comparison-dots", comparison.metric + " of each system",
                         "A dot a system; the numbers are below."}),
       html_table(table), true});
  auto legend = comparison_legend(comparison);
  legend.resize(legend.find_last_not_of('\n') + 1);
  return html_section(2, "comparison", "Comparison", figure + html_paragraph(legend));
}

}  // namespace mma
