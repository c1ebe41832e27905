#include "report/chart.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <sstream>

#include "support/markup.h"

using namespace mma;
using Catch::Approx;

namespace {

const PictureText kAbout{"id", "a <title>", "what it shows"};

double number(const test::Element& element, const std::string& attribute) {
  return std::stod(element.attributes.at(attribute));
}

std::vector<std::string> texts(const std::vector<test::Element>& all) {
  std::vector<std::string> found;
  for (auto& element : test::elements(all, "text")) found.push_back(element.text);
  return found;
}

bool holds(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

TEST_CASE("svg: round ticks within the range", "[report]") {
  CHECK(round_ticks(0, 1, 5) == std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1});
  CHECK(round_ticks(0.31, 0.69, 4) == std::vector<double>{0.4, 0.5, 0.6000000000000001});
  CHECK(round_ticks(-1, 1, 4) == std::vector<double>{-1, -0.5, 0, 0.5, 1});
  auto small = round_ticks(0, 1e-4, 4);
  REQUIRE(small.size() == 3);
  CHECK(small[1] == Approx(5e-5));
  CHECK(round_ticks(1, 1, 4).empty());
  CHECK(round_ticks(2, 1, 4).empty());
  CHECK(round_ticks(NAN, 1, 4).empty());
  CHECK(round_ticks(-INFINITY, INFINITY, 4).empty());
  CHECK(round_ticks(1e300, 1.0000000000000002e300, 4).size() <= 101);
}

TEST_CASE("svg: a picture says what it is, and leaves out what has no place", "[report]") {
  Svg svg(10, 20);
  svg.line({0, 0}, {NAN, 1}, "grid");
  svg.rect({0, 0}, INFINITY, 1, "bar");
  svg.circle({NAN, 0}, 1, "f0");
  svg.path({{NAN, 1}}, "s");
  svg.text({1, 2}, "<b>&", "t");
  auto all = test::read_markup(svg.finish(kAbout));
  REQUIRE(all.size() == 4);  // svg, title, desc, text
  CHECK(all[0].attributes.at("role") == "img");
  CHECK(all[0].attributes.at("aria-describedby") == "id-d");
  CHECK(all[2].attributes.at("id") == "id-d");
  CHECK(all[1].text == "a <title>");
  CHECK(all[2].text == "what it shows");
  CHECK(all[3].text == "<b>&");
}

TEST_CASE("charts: lines stand where their numbers are", "[report]") {
  LineChart chart{"step", "loss", {{"train", {{0, 0}, {NAN, 3}, {10, 1}}}}};
  chart.x_range = Range{0, 10};
  chart.y_range = Range{0, 1};
  auto all = test::read_markup(line_chart(chart, kAbout));
  auto path = test::elements(all, "polyline");
  REQUIRE(path.size() == 1);
  std::string places = path[0].attributes.at("points");
  for (char& c : places) c = c == ',' ? ' ' : c;
  std::istringstream in(places);
  double x0, y0, x1, y1;
  REQUIRE(in >> x0 >> y0 >> x1 >> y1);
  CHECK(x1 - x0 == 292);
  CHECK(y0 > y1);  // up is more
  double more;
  CHECK(!(in >> more));
  CHECK(holds(texts(all), "loss"));
}

TEST_CASE("charts: bars are as long as their values, undefined ones are \"-\"", "[report]") {
  RowChart chart{
      "AP",
      {{"a", "3", 1, 0.5, 1, NAN}, {"b", "4", 0.5, NAN, NAN, NAN}, {"c", "0", NAN, NAN, NAN, NAN}}};
  auto all = test::read_markup(row_chart(chart, kAbout));
  auto bars = test::elements(all, "rect");
  REQUIRE(bars.size() == 2);
  CHECK(number(bars[0], "width") == Approx(2 * number(bars[1], "width")));
  CHECK(holds(texts(all), "-"));
  int whiskers = 0;
  for (auto& line : test::elements(all, "line")) {
    if (line.attributes.at("class") != "whisker") continue;
    ++whiskers;
    CHECK(number(line, "x2") - number(line, "x1") ==
          Approx(number(bars[0], "width") / 2).margin(.2));
  }
  CHECK(whiskers == 1);
}

TEST_CASE("charts: fields are the darker the higher, differences part at 0", "[report]") {
  HeatMap map{{"r1", "r2"}, {"c1", "c2"}, {{0, 1}, {0.5, NAN}}};
  auto shades = [](const HeatMap& of) {
    std::vector<std::string> found;
    for (auto& rect : test::elements(test::read_markup(heat_map(of, kAbout)), "rect"))
      found.push_back(rect.attributes.at("class"));
    return found;
  };
  CHECK(shades(map) == std::vector<std::string>{"q0", "q8", "q4", "none"});
  map.diverging = true;
  map.most = 0.5;
  map.values = {{-0.5, 0.5}, {0, 7}};
  CHECK(shades(map) == std::vector<std::string>{"d0", "d8", "d4", "d8"});
  CHECK(holds(texts(test::read_markup(heat_map(map, kAbout))), "-0.50"));
}

TEST_CASE("charts: names are cut to their column, wide letters sooner", "[report]") {
  RowChart chart{"AP",
                 {{"short", "3", 1, NAN, NAN, NAN},
                  {"a name that is far too long for it", "3", 1, NAN, NAN, NAN},
                  {"日本語のとても長い名前", "3", 1, NAN, NAN, NAN}}};
  auto found = texts(test::read_markup(row_chart(chart, kAbout)));
  CHECK(holds(found, "short"));
  CHECK(holds(found, "a name that is …"));
  CHECK(holds(found, "日本語のとても…"));
}

TEST_CASE("charts: a wide picture stands in a frame that scrolls", "[report]") {
  HeatMap map{{"r"}, Names(12, "column"), {std::vector<double>(12, 0.5)}};
  auto wide = test::read_markup(heat_map(map, kAbout));
  CHECK(wide[0].attributes.at("tabindex") == "0");
  CHECK(wide[0].attributes.at("aria-label") == "a <title>");
  CHECK(wide[1].attributes.at("class") == "wide");
  CHECK(number(wide[1], "width") > 112 + 12 * 46 - 1);
  map.columns.resize(2);
  map.values[0].resize(2);
  CHECK(test::read_markup(heat_map(map, kAbout))[0].name == "svg");
}

TEST_CASE("charts: nothing to draw is drawn as nothing", "[report]") {
  test::read_markup(line_chart({"x", "y", {}}, kAbout));
  test::read_markup(line_chart({"x", "y", {{"n", {{NAN, NAN}}}}}, kAbout));
  test::read_markup(line_chart({"x", "y", {{"n", {{3, 3}}}}}, kAbout));
  test::read_markup(row_chart({"x", {}}, kAbout));
  test::read_markup(heat_map({{}, {}, {}}, kAbout));
  CHECK(range_of({}).max == 1);
  CHECK(range_of({NAN, INFINITY}).max == 1);
  CHECK(range_of({2, 2}).min < 2);
  CHECK(range_of({0.001, 0.001 + 1e-18}).max > 0.00105);  // the same but for rounding
}
