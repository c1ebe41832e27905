#include "tasks/precision_recall.h"

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/json_file.h"
#include "support/paths.h"
#include "tasks/ranking.h"

using namespace mma;
using Catch::Approx;

TEST_CASE("precision and recall: by hand, equal scores are one point", "[tasks]") {
  auto curve = precision_recall_curve({.2f, .875f, .5f, .5f}, {1, 1, 0, 1});
  REQUIRE(curve.size() == 3);
  CHECK(curve[0].threshold == .875);
  CHECK(curve[0].precision == 1);
  CHECK(curve[0].recall == Approx(1.0 / 3));
  CHECK(curve[1].precision == Approx(2.0 / 3));
  CHECK(curve[1].recall == Approx(2.0 / 3));
  CHECK(curve[2].precision == Approx(3.0 / 4));
  CHECK(curve[2].recall == 1);
  CHECK(precision_at(curve, 0.5) == Approx(3.0 / 4));  // the highest at 0.5 or more
  CHECK(precision_at(curve, 0.3) == 1);
}

TEST_CASE("precision and recall: without positives, without scores", "[tasks]") {
  CHECK(precision_recall_curve({.2, .9}, {0, 0}).empty());
  CHECK(precision_recall_curve({}, {}).empty());
  CHECK(std::isnan(precision_at({}, 0.5)));
}

TEST_CASE("precision and recall: as scikit-learn's, and their area is the average precision",
          "[tasks]") {
  auto cases = parse_json<nlohmann::json>(
      read_file(test::source_root() / "tests/reference/curves.json"), "curves", "a list", 8);
  REQUIRE(cases.size() == 3);
  for (auto& expected : cases) {
    auto scores = expected.at("scores").get<std::vector<float>>();
    auto truth = expected.at("truth").get<std::vector<uint8_t>>();
    auto curve = precision_recall_curve(scores, truth);
    double area = 0, recall = 0;
    for (auto& point : curve) {
      area += (point.recall - recall) * point.precision;
      recall = point.recall;
    }
    CHECK(area == Approx(RankedList::of_label({1, truth, scores}, 0).rank().average_precision));
    std::reverse(curve.begin(), curve.end());
    auto wanted = [&](const char* key) { return expected.at(key).get<std::vector<double>>(); };
    auto thresholds = wanted("thresholds"), precision = wanted("precision"),
         recalls = wanted("recall");
    REQUIRE(curve.size() == thresholds.size());
    REQUIRE(curve.size() + 1 == precision.size());
    for (size_t i = 0; i < curve.size(); ++i) {
      CHECK(curve[i].threshold == thresholds[i]);
      CHECK(curve[i].precision == Approx(precision[i]).epsilon(1e-12));
      CHECK(curve[i].recall == Approx(recalls[i]).epsilon(1e-12));
    }
  }
}
