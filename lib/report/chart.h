#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "report/svg.h"

namespace mma {

/// Pictures are drawn for a width of 360: a telephone shows them as they are.
constexpr double kChartWidth = 360;

struct Series {
  std::string name;
  std::vector<Point> points;  ///< by x; those that are not finite are left out
  bool marks = false;         ///< a dot at each point
};

struct LineChart {
  std::string x_title, y_title;
  std::vector<Series> series;                 ///< at most 6, told apart by colour and dashes
  std::optional<Range> x_range{}, y_range{};  ///< by default what the points need
  bool diagonal = false;                      ///< a thin line where y = x
};
std::string line_chart(const LineChart& chart, const PictureText& about);

/// One row a name: a bar from the left, or a dot.
struct ChartRow {
  std::string name, note;    ///< the note stands behind the name, in grey
  double value = 0;          ///< NaN: "-" and no bar
  double low = 0, high = 0;  ///< its interval; NaN: none
  double before = 0;         ///< of dots: a hollow one, joined to the first; NaN: none
};
struct RowChart {
  std::string x_title;
  std::vector<ChartRow> rows;
  bool dots = false;
  Range range{0, 1};
  bool names_above = false;  ///< of their marks, for long ones
};
std::string row_chart(const RowChart& chart, const PictureText& about);

/// A field a pair of names, the darker the higher; or of two colours that part at 0.
struct HeatMap {
  Names rows, columns;
  std::vector<std::vector<double>> values;  ///< [rows][columns], NaN: "-"
  bool diverging = false;
  Names texts{};    ///< of the fields, row by row; by default the values
  double most = 1;  ///< of the colours; diverging: from -most
};
std::string heat_map(const HeatMap& map, const PictureText& about);

/// The range of values, and a little room; [0, 1] where none is finite.
Range range_of(const std::vector<double>& values);

}  // namespace mma
