#include "tasks/ranking.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

using namespace mma;
using Catch::Approx;

TEST_CASE("ranking: by hand, with weights, ties and negatives of one sample", "[tasks]") {
  // .9+ of sample 0; .8- of 0; .7- of 1 and .7+ of 1 tie; .6- of 0; .5+ of 1; .4- of 1
  std::vector<Scored> scored{{.4, 1, false}, {.9, 0, true},  {.7, 1, false}, {.6, 0, false},
                             {.7, 1, true},  {.8, 0, false}, {.5, 1, true}};
  RankedList list(scored, 2);
  auto once = list.rank();
  CHECK(once.positives == 3);
  CHECK(once.negatives == 4);
  CHECK(once.average_precision == Approx((1 + 2.0 / 4 + 3.0 / 6) / 3));
  CHECK(once.auroc == Approx((4 + 2.5 + 1) / 12));
  CHECK(list.rank({1, 1}).average_precision == once.average_precision);
  auto twice = list.rank({1, 2});  // as if sample 1 were there twice
  CHECK(twice.positives == 5);
  CHECK(twice.negatives == 6);
  CHECK(twice.average_precision == Approx((1 + 2 * 3.0 / 6 + 2 * 5.0 / 9) / 5));
  CHECK(twice.auroc == Approx((6 + 2 * 4 + 2 * 2) / 30.0));
  CHECK(std::isnan(list.rank({0, 0}).average_precision));
}

TEST_CASE("ranking: without positives, without negatives, without scores", "[tasks]") {
  std::vector<Scored> none, positives{{.5, 0, true}}, negatives{{.5, 0, false}, {.4, 1, false}};
  CHECK(std::isnan(RankedList(none, 0).rank().average_precision));
  auto r = RankedList(positives, 1).rank();
  CHECK(r.average_precision == 1);
  CHECK(std::isnan(r.auroc));
  r = RankedList(negatives, 2).rank();
  CHECK(r.negatives == 2);
  CHECK(std::isnan(r.average_precision));
  CHECK(std::isnan(r.auroc));
}

TEST_CASE("ranking: labels with a positive", "[tasks]") {
  CHECK(labels_with_positives({3, {0, 1, 0, 0, 1, 1}, {}}) == std::vector<uint8_t>{0, 1, 1});
  CHECK(labels_with_positives({2, {}, {}}) == std::vector<uint8_t>{0, 0});
}
