#include "tasks/thresholds.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/random.h"
#include "support/paths.h"
#include "tasks/multilabel.h"

using namespace mma;
using Catch::Approx;

namespace {

double f1_of(const Predictions& p, double threshold) {
  return metric(multilabel_metrics(p, {threshold}), "f1_micro");
}

}  // namespace

TEST_CASE("thresholds: the midpoint that parts positives from negatives", "[tasks]") {
  Predictions p{1, {1, 1, 0, 0}, {0.9, 0.3, 0.2, 0.1}};
  CHECK(f1_thresholds(p).at(0) == Approx(0.25));
}

TEST_CASE("thresholds: no cut beats every candidate", "[tasks]") {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    RandomStream random(seed);
    Predictions p{1, {}, {}};
    for (int i = 0; i < 40; ++i) {
      p.scores.push_back(static_cast<double>(random.below(20)) / 20);
      p.truth.push_back(random.uniform() < p.scores.back());
    }
    double best = f1_of(p, f1_thresholds(p)[0]);
    for (double t = -0.025; t < 1.1; t += 0.05) CHECK(best >= f1_of(p, t));
  }
}

TEST_CASE("thresholds: ties go to the candidate nearest to 0.5, then to the higher", "[tasks]") {
  // F1 = 2/3 for the first cut (1 of 2 found) and for all four let through (2 of 4).
  CHECK(f1_thresholds({1, {1, 0, 0, 1}, {0.9, 0.8, 0.7, 0.6}})[0] == 0.5);
  CHECK(f1_thresholds({1, {1, 0, 0, 1}, {0.6, 0.3, 0.2, 0.1}})[0] == Approx(0.45));
  // 0.625 and 0.375 are equally near and have F1 2/3 both.
  CHECK(f1_thresholds({1, {1, 0, 0, 1, 0}, {0.75, 0.5, 0.5, 0.5, 0.25}})[0] == Approx(0.625));
}

TEST_CASE("thresholds: one score, no positives, neighbouring numbers, no samples", "[tasks]") {
  CHECK(f1_thresholds({1, {1, 0, 1}, {0.25, 0.25, 0.25}})[0] == 0.125);
  CHECK(f1_thresholds({1, {1, 0, 1}, {0.8, 0.8, 0.8}})[0] == 0.5);
  CHECK(f1_thresholds({1, {0, 0}, {0.1, 0.9}})[0] == 0.5);
  const float low = 0.9f, high = std::nextafter(low, 1.0f);
  const double between = f1_thresholds({1, {1, 0}, {high, low}})[0];
  CHECK((between >= low && between < high));
  CHECK(f1_thresholds({1, {1, 1}, {0.0, 0.0}})[0] == -1);
  CHECK(f1_thresholds({3, {}, {}}) == std::vector<double>{0.5, 0.5, 0.5});
}
