#include "tasks/ranking.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

using namespace mma;
using Catch::Approx;

TEST_CASE("ranking: by hand, with weights, ties and negatives of one sample", "[tasks]") {
  Predictions p{4, {1, 0, 0, 0, 0, 1, 1, 0}, {.9, .8, .6, .1, .7, .7, .5, .4}};
  auto list = RankedList::of_pairs(p);
  auto once = list.rank();
  CHECK(once.positives == 3);
  CHECK(once.negatives == 5);
  CHECK(once.average_precision == Approx((1 + 2.0 / 4 + 3.0 / 6) / 3));
  CHECK(once.auroc == Approx((5 + 3.5 + 2) / 15));
  CHECK(list.rank({1, 1}).average_precision == once.average_precision);
  auto twice = list.rank({1, 2});  // as if the second sample were there twice
  CHECK(twice.positives == 5);
  CHECK(twice.negatives == 7);
  CHECK(twice.average_precision == Approx((1 + 2 * 3.0 / 6 + 2 * 5.0 / 9) / 5));
  CHECK(twice.auroc == Approx((7 + 2 * 5 + 2 * 3) / 35.0));
  CHECK(std::isnan(list.rank({0, 0}).average_precision));
}

TEST_CASE("ranking: of a label and of a sample", "[tasks]") {
  Predictions p{2, {1, 0, 0, 1, 1, 0}, {.9, .8, .8, .6, .2, .1}};
  auto label = RankedList::of_label(p, 0);  // .9+ .8- .2+
  CHECK(label.rank().average_precision == Approx((1 + 2.0 / 3) / 2));
  CHECK(label.rank({1, 0, 1}).average_precision == 1);
  CHECK(RankedList::of_sample(p, 1).rank().average_precision == 0.5);
}

TEST_CASE("ranking: without positives, without negatives, without scores", "[tasks]") {
  CHECK(std::isnan(RankedList::of_pairs({1, {}, {}}).rank().average_precision));
  auto r = RankedList::of_pairs({1, {1}, {.5}}).rank();
  CHECK(r.average_precision == 1);
  CHECK(std::isnan(r.auroc));
  r = RankedList::of_pairs({1, {0, 0}, {.5, .4}}).rank();
  CHECK(r.negatives == 2);
  CHECK(std::isnan(r.average_precision));
  CHECK(std::isnan(r.auroc));
}

TEST_CASE("ranking: labels with a positive", "[tasks]") {
  CHECK(labels_with_positives({3, {0, 1, 0, 0, 1, 1}, {}}) == std::vector<uint8_t>{0, 1, 1});
  CHECK(labels_with_positives({2, {}, {}}) == std::vector<uint8_t>{0, 0});
}
