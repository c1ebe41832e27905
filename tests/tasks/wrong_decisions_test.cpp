#include "tasks/wrong_decisions.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/run_folder.h"

using namespace mma;

namespace {

std::vector<std::pair<size_t, size_t>> places(const std::vector<WrongDecision>& wrong) {
  std::vector<std::pair<size_t, size_t>> all;
  for (auto& one : wrong) all.emplace_back(one.sample, one.label);
  return all;
}

using Places = std::vector<std::pair<size_t, size_t>>;

}  // namespace

TEST_CASE("wrong decisions: of several labels by the distance from 0.5", "[tasks]") {
  // Wrong: s0 l1 given 0.875; s1 l0 not given 0.0625; s2 l1 not given at exactly 0.5; s3 both.
  Predictions p{2, {1, 0, 1, 0, 0, 1, 0, 1}, {.75, .875, .0625, .25, .25, .5, .75, .25}};
  auto wrong = wrong_decisions(p, LabelKind::kMultilabel, 10);
  CHECK(places(wrong) == Places{{1, 0}, {0, 1}, {3, 0}, {3, 1}, {2, 1}});
  CHECK(!wrong[0].given);
  CHECK(wrong[1].given);
  CHECK(wrong[0].score == 0.0625);
  CHECK(wrong[0].confidence == 0.4375);
  CHECK(places(wrong_decisions(p, LabelKind::kMultilabel, 2)) == Places{{1, 0}, {0, 1}});
}

TEST_CASE("wrong decisions: of one class what was given, by its score", "[tasks]") {
  Predictions p{3, {1, 0, 0, 0, 1, 0, 0, 0, 1}, {.25, .5, .25, .125, .75, .125, .625, .25, .125}};
  auto wrong = wrong_decisions(p, LabelKind::kMulticlass, 10);
  CHECK(places(wrong) == Places{{2, 0}, {0, 1}});
  CHECK(wrong[0].score == 0.625);
}

TEST_CASE("wrong decisions: of real targets by the error, in each target's own measure",
          "[tasks]") {
  // Errors of a year 10, 0, 20 (mean 10), of a mood 0.5, 0.25, 0 (mean 0.25).
  Predictions p{2, {}, {2000, 0.5, 1990, 1.25, 1980, 2}, {2010, 0, 1990, 1, 2000, 2}};
  auto wrong = wrong_decisions(p, LabelKind::kRegression, 10);
  CHECK(places(wrong) == Places{{0, 1}, {2, 0}, {0, 0}, {1, 1}});
  CHECK(wrong[0].confidence == 2);
}

TEST_CASE("wrong decisions: the most confident of many are those of all", "[tasks]") {
  auto p = test::noisy_predictions(500, 4, 2, 7);
  auto all = wrong_decisions(p, LabelKind::kMultilabel, 2000);
  REQUIRE(all.size() > 200);
  CHECK(std::is_sorted(all.begin(), all.end(),
                       [](auto& a, auto& b) { return a.confidence > b.confidence; }));
  auto some = places(wrong_decisions(p, LabelKind::kMultilabel, 20));
  auto expected = places(all);
  expected.resize(20);
  CHECK(some == expected);
}
