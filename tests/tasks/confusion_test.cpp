#include "tasks/confusion.h"

#include <catch2/catch_test_macros.hpp>

using namespace mma;

TEST_CASE("confusion: pairs of true and given class, counted by hand", "[tasks]") {
  // Truth 0 0 1 2 1, given 0 1 1 0 0 (of the last two classes' equal scores the first).
  Predictions p{3,
                {1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0},
                {.8, .1, .1, .2, .7, .1, .1, .5, .4, .6, .2, .2, .5, .5, 0}};
  auto matrix = confusion_matrix(p);
  CHECK(matrix == std::vector<Confusion>{{0, 0, 1}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1}, {2, 0, 1}});
  p.truth.insert(p.truth.end(), {0, 0, 1});
  p.scores.insert(p.scores.end(), {.9, 0, 0});
  auto wrong = most_frequent_confusions(confusion_matrix(p));
  CHECK(wrong == std::vector<Confusion>{{2, 0, 2}, {0, 1, 1}, {1, 0, 1}});
  CHECK(confusion_matrix({3, {}, {}}).empty());
}
