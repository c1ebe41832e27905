#include <fmt/format.h>

#include <algorithm>

#include "report/chart.h"
#include "report/html.h"
#include "report/report_sections.h"
#include "tasks/confusion.h"
#include "tasks/counts.h"

namespace mma {
namespace {

constexpr size_t kMostClasses = 20;
constexpr size_t kMostConfusions = 30;

std::string matrix_figure(const ReportedRun& run, const std::vector<Confusion>& matrix) {
  const auto width = run.labels.size();
  std::vector<int64_t> counts(width * width);
  for (auto& entry : matrix) counts[entry.truth * width + entry.given] = entry.count;
  HeatMap map;
  HtmlTable table{"Samples of each true class (rows) by the class that was given (columns)",
                  {"true class"},
                  {}};
  for (size_t t = 0; t < width; ++t) {
    map.rows.push_back(run.label(t));
    map.columns.push_back(run.label(t));
    table.head.push_back(run.label(t));
    table.rows.push_back({run.label(t)});
    map.values.emplace_back();
    for (size_t g = 0; g < width; ++g) {
      auto count = counts[t * width + g];
      map.values.back().push_back(run.labels[t].count ? ratio(count, run.labels[t].count)
                                                      : kUndefined);
      map.texts.push_back(std::to_string(count));
      table.rows.back().push_back(std::to_string(count));
    }
  }
  return html_figure(
      {"Confusion matrix",
       "A row a true class, a column the class that was given; the number counts "
       "samples, the stronger the colour, the larger its share of the row. Right answers stand on "
       "the diagonal.",
       heat_map(map, {run.id + "-matrix", "Confusion matrix",
                      "True classes by given classes; the numbers are below."}),
       html_numbers(table), width > 4});
}

}  // namespace

std::string confusion_section(const ReportedRun& run) {
  const auto width = run.labels.size();
  const auto matrix = confusion_matrix(run.results->predictions);
  std::string body;
  if (width <= kMostClasses) body += matrix_figure(run, matrix);
  const auto worst = most_frequent_confusions(matrix);
  HtmlTable table{"The most frequent confusions",
                  {"true class", "given class", "samples", "share of the true class"},
                  {}};
  for (size_t i = 0; i < std::min(worst.size(), kMostConfusions); ++i)
    table.rows.push_back(
        {run.label(worst[i].truth), run.label(worst[i].given), std::to_string(worst[i].count),
         fmt::format("{:.1f} %", 100 * ratio(worst[i].count, run.labels[worst[i].truth].count))});
  if (width > 2 && !table.rows.empty()) body += html_numbers(table, width <= kMostClasses);
  return html_section(3, run.id + "-confusion", "Confusions", body);
}

}  // namespace mma
