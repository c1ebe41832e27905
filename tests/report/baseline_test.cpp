#include "report/baseline.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include "tasks/multiclass.h"
#include "tasks/multilabel.h"

using namespace mma;
using Catch::Approx;

TEST_CASE("baseline: the frequency of labels, and what it alone reaches", "[report]") {
  Predictions p{2, {1, 0, 1, 0, 1, 1, 0, 0}, {.1, .2, .3, .4, .5, .6, .7, .8}};
  auto shares = label_shares(p.truth, 2);
  CHECK(shares == std::vector<double>{0.75, 0.25});
  auto guess = frequency_baseline(p, shares);
  CHECK(guess.truth == p.truth);
  CHECK(guess.scores == std::vector<float>{.75, .25, .75, .25, .75, .25, .75, .25});
  // Scores that are all equal: a label's average precision is its share of positives.
  auto metrics = multilabel_metrics(guess);
  CHECK(metric(metrics, "ap_macro") == Approx(0.5));
  // All of the first label before all of the second: (3 / 4) (3 / 4) + (1 / 4) (4 / 8).
  CHECK(metric(metrics, "ap_micro") == Approx(0.6875));
  CHECK(metric(metrics, "recall_micro") == Approx(0.75));
}

TEST_CASE("baseline: of classes the most frequent one is given", "[report]") {
  Predictions p{3, {0, 1, 0, 0, 1, 0, 1, 0, 0}, {1, 0, 0, 1, 0, 0, 1, 0, 0}};
  auto guess = frequency_baseline(p, label_shares(p.truth, 3));
  CHECK(metric(multiclass_metrics(guess), "accuracy") == Approx(2.0 / 3));
}

TEST_CASE("baseline: without samples there is none", "[report]") {
  CHECK(label_shares({}, 2) == std::vector<double>{0, 0});
  CHECK(frequency_baseline({2, {}, {}}, {0, 0}).scores.empty());
}
