#include "report/svg.h"

#include <fmt/format.h>

#include <cmath>

#include "report/html.h"

namespace mma {
namespace {

// A coordinate: a tenth of a pixel is enough.
std::string coordinate(double value) {
  auto text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

bool is_place(Point p) { return std::isfinite(p.x) && std::isfinite(p.y); }

}  // namespace

void Svg::line(Point from, Point to, std::string_view style) {
  if (!is_place(from) || !is_place(to)) return;
  body_ += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>",
                       coordinate(from.x), coordinate(from.y), coordinate(to.x), coordinate(to.y),
                       style);
}

void Svg::rect(Point corner, double width, double height, std::string_view style) {
  if (!is_place(corner) || !std::isfinite(width) || !std::isfinite(height)) return;
  body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" class=\"{}\"/>",
                       coordinate(corner.x), coordinate(corner.y), coordinate(std::fmax(width, 0)),
                       coordinate(std::fmax(height, 0)), style);
}

void Svg::circle(Point middle, double radius, std::string_view style) {
  if (!is_place(middle)) return;
  body_ += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" class=\"{}\"/>", coordinate(middle.x),
                       coordinate(middle.y), coordinate(radius), style);
}

void Svg::path(const std::vector<Point>& points, std::string_view style) {
  std::string places;
  for (auto& p : points)
    if (is_place(p)) places += coordinate(p.x) + "," + coordinate(p.y) + " ";
  if (places.empty()) return;
  places.pop_back();
  body_ += fmt::format("<polyline points=\"{}\" class=\"{}\"/>", places, style);
}

void Svg::text(Point at, std::string_view text, std::string_view style, double turned) {
  if (!is_place(at)) return;
  auto x = coordinate(at.x), y = coordinate(at.y);
  auto turn =
      turned == 0 ? "" : fmt::format(" transform=\"rotate({} {} {})\"", coordinate(turned), x, y);
  body_ += fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\"{}>{}</text>", x, y, style, turn,
                       html_text(text));
}

std::string Svg::finish(const PictureText& about, bool wide) const {
  auto id = html_text(about.id), title = html_text(about.title);
  auto picture = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\"{6} role=\"img\" aria-label=\"{3}\" aria-describedby=\"{2}-d\"><title>{3}"
      "</title><desc id=\"{2}-d\">{4}</desc>{5}</svg>",
      coordinate(width_), coordinate(height_), id, title, html_text(about.description), body_,
      wide ? " class=\"wide\"" : "");
  if (!wide) return picture;
  return fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{}</div>", title,
      picture);
}

std::vector<double> round_ticks(double from, double to, int count) {
  // Of neighbouring numbers so large that they have no numbers between them, there are none.
  bool apart = to - from > 1e-9 * std::fmax(std::abs(from), std::abs(to));
  if (!std::isfinite(from) || !std::isfinite(to) || !apart || count < 1) return {};
  double rough = (to - from) / count;
  double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (double factor : {5.0, 2.0, 1.0})
    if (factor * power >= rough * 0.999) step = factor * power;
  std::vector<double> ticks;
  auto first = std::ceil(from / step - 1e-9), last = std::floor(to / step + 1e-9);
  if (!(step > 0) || !(last - first < 100)) return {};
  for (double i = 0; i <= last - first; ++i)
    ticks.push_back(first + i == 0 ? 0 : (first + i) * step);
  return ticks;
}

}  // namespace mma
