#pragma once
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace mma {

struct Point {
  double x = 0, y = 0;
};

/// What a reader who does not see a picture is told, and where links find it.
struct PictureText {
  std::string id;  ///< unique in the page
  std::string title, description;
};

/// A picture as inline SVG in units of about a pixel. Colours and widths are the page's, by class
/// (report_style.h). Texts are plain, and escaped here; a shape with a coordinate that is not
/// finite is left out.
class Svg {
 public:
  Svg(double width, double height) : width_(std::ceil(width)), height_(std::ceil(height)) {}
  void line(Point from, Point to, std::string_view style);
  void rect(Point corner, double width, double height, std::string_view style);
  void circle(Point middle, double radius, std::string_view style);
  /// The points joined by lines.
  void path(const std::vector<Point>& points, std::string_view style);
  /// `style` says where `at` is: "start", "middle" or "end" of the text. `turned`: degrees.
  void text(Point at, std::string_view text, std::string_view style, double turned = 0);
  /// `wide`: keeps its width on narrow screens, in a frame that scrolls and that a keyboard
  /// reaches.
  std::string finish(const PictureText& about, bool wide = false) const;

 private:
  double width_, height_;
  std::string body_;
};

/// From numbers to places.
struct Scale {
  double from = 0, to = 1;   ///< numbers
  double low = 0, high = 1;  ///< their places
  double operator()(double value) const {
    return to == from ? low : low + (value - from) / (to - from) * (high - low);
  }
};

/// Round numbers in [from, to], about `count` of them; none where the ends are not finite.
std::vector<double> round_ticks(double from, double to, int count);

}  // namespace mma
