#include "tasks/calibration.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/json_file.h"
#include "support/paths.h"

using namespace mma;
using Catch::Approx;

TEST_CASE("calibration: bins and expected error by hand", "[tasks]") {
  // 0.5 is in the first of two bins, which reaches from 0 to 0.5, both included.
  auto c = calibration({{0, 0.4, 0.5, 0.6, 1}, {0, 1, 0, 1, 1}}, 2);
  REQUIRE(c.bins.size() == 2);
  CHECK(c.bins[0].count == 3);
  CHECK(c.bins[0].mean_score == Approx(0.3));
  CHECK(c.bins[0].positive_rate == Approx(1.0 / 3));
  CHECK(c.bins[1].count == 2);
  CHECK(c.expected_error == Approx(0.6 * (1.0 / 3 - 0.3) + 0.4 * 0.2));
}

TEST_CASE("calibration: empty bins, no scores, scores that are no probabilities", "[tasks]") {
  auto c = calibration({{0.95}, {1}}, 10);
  CHECK(c.bins[0].count == 0);
  CHECK(std::isnan(c.bins[0].mean_score));
  CHECK(c.expected_error == Approx(0.05));
  CHECK(std::isnan(calibration({}).expected_error));
  CHECK(calibration({{-3, 7}, {0, 1}}, 10).bins[9].count == 1);
}

TEST_CASE("calibration: of every pair, or of the class that is given", "[tasks]") {
  Predictions p{3, {1, 0, 0, 0, 0, 1}, {.5, .3, .2, .1, .6, .3}};
  CHECK(scored_outcomes(p, false).scores == p.scores);
  auto given = scored_outcomes(p, true);
  CHECK(given.scores == std::vector<float>{.5f, .6f});
  CHECK(given.outcomes == std::vector<uint8_t>{1, 0});
}

TEST_CASE("calibration: bins as scikit-learn's", "[tasks]") {
  auto cases = parse_json<nlohmann::json>(
      read_file(test::source_root() / "tests/reference/curves.json"), "curves", "a list", 8);
  REQUIRE(cases.size() == 3);
  for (auto& expected : cases) {
    auto c = calibration({expected.at("scores").get<std::vector<float>>(),
                          expected.at("truth").get<std::vector<uint8_t>>()},
                         expected.at("bins").get<int64_t>());
    std::vector<double> means, rates;
    for (auto& bin : c.bins) {
      if (bin.count == 0) continue;
      means.push_back(bin.mean_score);
      rates.push_back(bin.positive_rate);
    }
    auto same = [](const std::vector<double>& found, const std::vector<double>& wanted) {
      REQUIRE(found.size() == wanted.size());
      for (size_t i = 0; i < found.size(); ++i) CHECK(found[i] == Approx(wanted[i]).epsilon(1e-12));
    };
    same(means, expected.at("mean_score"));
    same(rates, expected.at("positive_rate"));
  }
}
