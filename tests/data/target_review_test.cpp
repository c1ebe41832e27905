#include "data/target_review.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace mma;
using Catch::Approx;
using Lines = std::vector<std::string>;

namespace {

Lines said_of(const std::vector<float>& targets, const Lines& names = {"score"}) {
  Samples samples;
  samples.labels = names;
  auto& train = samples.splits.emplace_back();
  train.split = "train";
  train.targets = targets;
  for (size_t i = 0; i < targets.size() / names.size(); ++i)
    train.ids.push_back("s" + std::to_string(i));
  return review_targets(samples);
}

}  // namespace

TEST_CASE("target review: range, mean, deviation and different values by hand", "[data]") {
  auto spreads = spread_of({1, -2, 3, -2, 1, -2, 5, -2}, 2);
  REQUIRE(spreads.size() == 2);
  CHECK(spreads[0].min == 1);
  CHECK(spreads[0].max == 5);
  CHECK(spreads[0].mean == 2.5);
  CHECK(spreads[0].deviation == Approx(std::sqrt((2.25 + 0.25 + 2.25 + 6.25) / 4)));
  CHECK(spreads[0].distinct == 3);
  CHECK(spreads[1].deviation == 0);
  CHECK(spreads[1].distinct == 1);
  CHECK(spread_of({}, 2).empty());
}

TEST_CASE("target review: a sound target, a constant, two values, a mark for missing ones",
          "[data]") {
  CHECK(said_of({1, 2, 3, 2.5, -1}) == Lines{});
  CHECK(said_of({3, 1, 3, 2, 3, 0}, {"a", "b"}) ==
        Lines{"a: every sample of train has 3: nothing can be learned of it"});
  CHECK(said_of({0, 1, 0, 1}) ==
        Lines{"score: only two values in train, 0 and 1: is this `kind: multiclass`?"});
  std::vector<float> marked(400, 1);
  for (size_t i = 0; i < marked.size(); i += 2) marked[i] = 2;
  marked[7] = -999;
  auto lines = said_of(marked);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("score: s7 has -999, 20.0"));
  CHECK(lines[0].ends_with("deviations from the mean of train: a mark for a missing value?"));
}

TEST_CASE("target review: the table has a row for each target and split", "[data]") {
  auto text = target_table({"a", "b"}, {{"train", spread_of({1, 2, 3, 4}, 2)}}, 1);
  CHECK(text.find("a       train     2          1       1        3                 2\n") !=
        std::string::npos);
  CHECK(text.find("... and 1 more targets, of 2\n") != std::string::npos);
}
