#include "report/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/unicode.h"
#include "report/html.h"

namespace mma {
namespace {

constexpr double kCharacter = 6.2;  // about the width of one, at the size of all texts
constexpr size_t kMostSeries = 6;

// What of a text fits into so many letters: those of Asian scripts are twice as wide.
std::string fitted(const std::string& text, double letters) {
  double width = 0;
  size_t count = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    next_code_point(text, at);
    width += static_cast<double>(display_width(text.substr(begin, at - begin)));
    if (width <= letters) ++count;
  }
  return width <= letters ? text : shortened(text, std::max<size_t>(count, 2));
}

std::string tick_text(double value) { return fmt::format("{:.4g}", value); }

// Grid, ticks and titles of both axes.
void draw_axes(Svg& svg, const Scale& x, const Scale& y, const LineChart& chart) {
  for (double tick : round_ticks(y.from, y.to, 5)) {
    svg.line({x.low, y(tick)}, {x.high, y(tick)}, "grid");
    svg.text({x.low - 6, y(tick) + 4}, tick_text(tick), "t end");
  }
  for (double tick : round_ticks(x.from, x.to, 5)) {
    svg.line({x(tick), y.low}, {x(tick), y.low + 4}, "axis");
    svg.text({x(tick), y.low + 16}, tick_text(tick), "t middle");
  }
  svg.line({x.low, y.low}, {x.high, y.low}, "axis");
  svg.text({x.high, y.low + 31}, chart.x_title, "m end");
}

std::vector<double> coordinates(const LineChart& chart, double Point::*axis) {
  std::vector<double> all;
  for (auto& series : chart.series)
    for (auto& point : series.points)
      if (std::isfinite(point.x) && std::isfinite(point.y)) all.push_back(point.*axis);
  return all;
}

void draw_series(Svg& svg, const Series& series, size_t index, const Scale& x, const Scale& y) {
  std::vector<Point> places;
  for (auto& p : series.points)
    if (std::isfinite(p.x) && std::isfinite(p.y)) places.push_back({x(p.x), y(p.y)});
  svg.path(places, fmt::format("s s{}", index));
  if (series.marks || places.size() == 1)
    for (auto& place : places) svg.circle(place, 2.6, fmt::format("f{}", index));
}

// The name at the left of its marks, its note behind it; without a column, above them.
void draw_name(Svg& svg, const ChartRow& row, double column, double middle) {
  if (column == 0) {
    svg.text({0, middle - 12}, fitted(row.name, 50), "t start");
    return;
  }
  auto letters = (column - 18) / kCharacter - static_cast<double>(row.note.size());
  svg.text({0, middle + 4}, fitted(row.name, std::max(letters, 6.0)), "t start");
  svg.text({column, middle + 4}, row.note, "m end");
}

// Which of 9 shades a value has.
int shade_of(const HeatMap& map, double value) {
  double most = map.most > 0 ? map.most : 1;
  double share = map.diverging ? (value / most + 1) / 2 : value / most;
  return static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * 8));
}

std::string field_text(const HeatMap& map, size_t row, size_t column) {
  if (!map.texts.empty()) return map.texts[row * map.columns.size() + column];
  double value = map.values[row][column];
  if (!std::isfinite(value)) return "-";
  return map.diverging ? fmt::format("{:+.2f}", value) : fmt::format("{:.2f}", value);
}

}  // namespace

Range range_of(const std::vector<double>& values) {
  double low = INFINITY, high = -INFINITY;
  for (double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (low > high) return {0, 1};
  double size = std::fmax(std::abs(low), std::abs(high));
  bool constant = high - low <= 1e-9 * size;  // but for rounding
  double room = constant ? std::fmax(0.1 * size, 1e-6) : 0.05 * (high - low);
  return {low - room, high + room};
}

std::string line_chart(const LineChart& chart, const PictureText& about) {
  auto shown = std::min(chart.series.size(), kMostSeries);
  double legend = shown > 1 ? 15 * static_cast<double>(shown) : 0;
  double top = 22 + legend * 1.1, height = 230 + legend;
  auto xs = coordinates(chart, &Point::x);
  auto xr = chart.x_range.value_or(xs.empty() ? Range{0, 1}
                                              : Range{*std::min_element(xs.begin(), xs.end()),
                                                      *std::max_element(xs.begin(), xs.end())});
  auto yr = chart.y_range.value_or(range_of(coordinates(chart, &Point::y)));
  if (xr.max <= xr.min) xr = {xr.min - 1, xr.min + 1};
  Scale x{xr.min, xr.max, 56, kChartWidth - 12}, y{yr.min, yr.max, height - 40, top};
  Svg svg(kChartWidth, height);
  svg.text({8, 12}, chart.y_title, "m start");
  for (size_t i = 0; i < shown && shown > 1; ++i) {
    double at = 25 + 15 * static_cast<double>(i);
    svg.line({10, at}, {34, at}, fmt::format("s s{}", i));
    svg.text({40, at + 4}, fitted(chart.series[i].name, 50), "t start");
  }
  draw_axes(svg, x, y, chart);
  if (chart.diagonal) svg.line({x(xr.min), y(xr.min)}, {x(xr.max), y(xr.max)}, "diagonal");
  for (size_t i = 0; i < shown; ++i) draw_series(svg, chart.series[i], i, x, y);
  return svg.finish(about);
}

std::string row_chart(const RowChart& chart, const PictureText& about) {
  const double height = chart.names_above ? 34 : 18, names = chart.names_above ? 0 : 124;
  double bottom = 6 + height * static_cast<double>(chart.rows.size());
  Scale x{chart.range.min, chart.range.max, names + 6, kChartWidth - 44};
  Svg svg(kChartWidth, bottom + 38);
  for (double tick : round_ticks(x.from, x.to, 4)) {
    svg.line({x(tick), 4}, {x(tick), bottom}, "grid");
    svg.text({x(tick), bottom + 14}, tick_text(tick), "t middle");
  }
  svg.text({x.high, bottom + 30}, chart.x_title, "m end");
  auto place = [&](double value) { return x(std::clamp(value, x.from, x.to)); };
  for (size_t i = 0; i < chart.rows.size(); ++i) {
    auto& row = chart.rows[i];
    double middle = 6 + height * (static_cast<double>(i) + (chart.names_above ? 0.75 : 0.5));
    draw_name(svg, row, names, middle);
    svg.text({kChartWidth - 2, middle + 4},
             std::isfinite(row.value) ? fmt::format("{:.3f}", row.value) : "-", "t end");
    if (!std::isfinite(row.value)) continue;
    if (!chart.dots) svg.rect({x.low, middle - 5}, place(row.value) - x.low, 10, "bar");
    if (std::isfinite(row.low) && std::isfinite(row.high))
      svg.line({place(row.low), middle}, {place(row.high), middle}, "whisker");
    if (!chart.dots) continue;
    if (std::isfinite(row.before)) {
      svg.line({place(row.before), middle}, {place(row.value), middle}, "join");
      svg.circle({place(row.before), middle}, 3.5, "hollow");
    }
    svg.circle({place(row.value), middle}, 4, "f0");
  }
  if (!chart.names_above) svg.line({x.low, 4}, {x.low, bottom}, "axis");
  return svg.finish(about);
}

std::string heat_map(const HeatMap& map, const PictureText& about) {
  constexpr double kRow = 20, kNames = 112, kLeast = 46;
  size_t longest = 0;
  Names heads;
  for (auto& name : map.columns) {
    heads.push_back(fitted(name, 22));
    longest = std::max(longest, std::min<size_t>(name.size(), 22));
  }
  auto columns = static_cast<double>(std::max<size_t>(map.columns.size(), 1));
  double cell = std::clamp((kChartWidth - kNames) / columns, kLeast, 84.0);
  double letters = kCharacter * static_cast<double>(longest);
  bool turned = letters > cell - 4;
  double top = turned ? 14 + 0.6 * letters : 18;
  double spare = turned ? 0.8 * letters : 0;  // what the last head needs at the right
  double width = std::max(kChartWidth, kNames + cell * columns + std::max(0.0, spare - cell / 2));
  Svg svg(width, top + kRow * static_cast<double>(map.rows.size()) + 4);
  auto left = [&](size_t c) { return kNames + cell * static_cast<double>(c); };
  for (size_t c = 0; c < heads.size(); ++c)
    svg.text({left(c) + cell / 2, top - 6}, heads[c], turned ? "t start" : "t middle",
             turned ? -35 : 0);
  for (size_t r = 0; r < map.rows.size(); ++r) {
    double y = top + kRow * static_cast<double>(r);
    svg.text({0, y + 14}, fitted(map.rows[r], 18), "t start");
    for (size_t c = 0; c < heads.size(); ++c) {
      double value = map.values[r][c];
      auto shade = std::isfinite(value)
                       ? fmt::format("{}{}", map.diverging ? 'd' : 'q', shade_of(map, value))
                       : std::string("none");
      svg.rect({left(c) + 1, y + 1}, cell - 2, kRow - 2, shade);
      svg.text({left(c) + cell / 2, y + 14}, field_text(map, r, c), "c middle on-" + shade);
    }
  }
  return svg.finish(about, width > kChartWidth);
}

}  // namespace mma
