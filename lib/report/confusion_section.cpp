#include <fmt/format.h>

#include <algorithm>

#include "report/chart.h"
#include "report/html.h"
#include "report/report_sections.h"
#include "tasks/counts.h"
#include "tasks/multiclass.h"

namespace mma {
namespace {

constexpr size_t kMostClasses = 20;
constexpr size_t kMostConfusions = 30;

struct Confusion {
  size_t truth = 0, given = 0;
  int64_t count = 0;
};

// counts[t * C + g]: samples of class t that were given class g.
std::vector<int64_t> count_confusions(const Predictions& p) {
  auto width = static_cast<size_t>(p.labels);
  auto given = highest_labels(p);
  std::vector<int64_t> counts(width * width);
  for (size_t i = 0; i < given.size(); i += width) {
    auto one = [&](const std::vector<uint8_t>& row) {
      auto begin = row.begin() + static_cast<std::ptrdiff_t>(i);
      return static_cast<size_t>(std::find(begin, begin + p.labels, 1) - begin);
    };
    ++counts[one(p.truth) * width + one(given)];
  }
  return counts;
}

std::string matrix_figure(const ReportedRun& run, const std::vector<int64_t>& counts) {
  const auto width = run.labels.size();
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
  auto& p = run.results->predictions;
  auto id = run.id + "-confusion";
  const auto width = run.labels.size();
  std::string body;
  // A matrix of thousands of classes would take the machine's memory, and nobody would read it.
  if (width > 5000)
    return html_section(3, id, "Confusions", html_paragraph("Too many classes to pair them."));
  auto counts = count_confusions(p);
  if (width <= kMostClasses) body += matrix_figure(run, counts);
  std::vector<Confusion> worst;
  for (size_t t = 0; t < width; ++t)
    for (size_t g = 0; g < width; ++g)
      if (t != g && counts[t * width + g] > 0) worst.push_back({t, g, counts[t * width + g]});
  std::stable_sort(worst.begin(), worst.end(), [](auto& a, auto& b) { return a.count > b.count; });
  HtmlTable table{"The most frequent confusions",
                  {"true class", "given class", "samples", "share of the true class"},
                  {}};
  for (size_t i = 0; i < std::min(worst.size(), kMostConfusions); ++i)
    table.rows.push_back(
        {run.label(worst[i].truth), run.label(worst[i].given), std::to_string(worst[i].count),
         fmt::format("{:.1f} %", 100 * ratio(worst[i].count, run.labels[worst[i].truth].count))});
  if (width > 2 && !table.rows.empty()) body += html_numbers(table, width <= kMostClasses);
  return html_section(3, id, "Confusions", body);
}

}  // namespace mma
