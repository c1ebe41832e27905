#include "tasks/weighted_metric.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "tasks/multiclass.h"
#include "tasks/multilabel.h"

using namespace mma;
using Catch::Approx;

namespace {

// The data that hold sample i counts[i] times.
Predictions repeated(const Predictions& p, const std::vector<uint32_t>& counts) {
  Predictions out{p.labels, {}, {}};
  for (int64_t i = 0; i < p.size(); ++i)
    for (uint32_t k = 0; k < counts[static_cast<size_t>(i)]; ++k) {
      out.truth.insert(out.truth.end(), p.truth.begin() + i * p.labels,
                       p.truth.begin() + (i + 1) * p.labels);
      out.scores.insert(out.scores.end(), p.scores.begin() + i * p.labels,
                        p.scores.begin() + (i + 1) * p.labels);
    }
  return out;
}

// Scores of few distinct values, so that there are ties; the last label is rare.
Predictions random_predictions(RandomStream& random, bool multiclass) {
  Predictions p{4, {}, {}};
  for (int i = 0; i < 25; ++i) {
    auto chosen = random.below(4);
    for (uint64_t c = 0; c < 4; ++c) {
      p.truth.push_back(multiclass ? c == chosen : random.uniform() < (c == 3 ? 0.05 : 0.4));
      p.scores.push_back(static_cast<double>(random.below(8)) / 7);
    }
  }
  return p;
}

void check_all(bool multiclass) {
  auto& task = multiclass ? multiclass_task() : multilabel_task();
  RandomStream random(derive_key(3, multiclass ? "classes" : "labels"));
  for (int round = 0; round < 20; ++round) {
    auto p = random_predictions(random, multiclass);
    std::vector<uint32_t> counts(25);
    for (int i = 0; i < 25; ++i) ++counts[random.below(25)];
    auto expected = task.metrics(repeated(p, counts));
    for (auto& [name, value] : expected) {
      CAPTURE(round, name);
      double found = (*weighted_metric(p, task, name))(counts);
      if (std::isnan(value)) {
        CHECK(std::isnan(found));
      } else {
        CHECK(found == Approx(value).epsilon(0).margin(1e-12));
      }
    }
  }
}

}  // namespace

TEST_CASE("weighted metric: every multilabel metric equals that of resampled data", "[tasks]") {
  check_all(false);
}

TEST_CASE("weighted metric: every multiclass metric equals that of resampled data", "[tasks]") {
  check_all(true);
}

TEST_CASE("weighted metric: with every sample once it is the metric, to the last digit",
          "[tasks]") {
  RandomStream random(derive_key(4, "once"));
  const std::vector<uint32_t> once(25, 1);
  for (bool multiclass : {false, true}) {
    auto p = random_predictions(random, multiclass);
    auto& task = multiclass ? multiclass_task() : multilabel_task();
    for (auto& [name, value] : task.metrics(p)) {
      CAPTURE(name);
      CHECK((*weighted_metric(p, task, name))(once) == value);
    }
  }
}

TEST_CASE("weighted metric: by hand", "[tasks]") {
  // order .9+ (2 times), .8- (1), .2+ (0): AP = 1; with .8- (1), .2+ (1): (2 * 1 + 3/4) / 3
  Predictions p{1, {1, 0, 1}, {0.9, 0.8, 0.2}};
  auto ap = weighted_metric(p, multilabel_task(), "ap_micro");
  CHECK((*ap)({2, 1, 0}) == 1);
  CHECK((*ap)({2, 1, 1}) == Approx((2 + 3.0 / 4) / 3));
  CHECK(std::isnan((*ap)({0, 3, 0})));
  CHECK((*weighted_metric(p, multilabel_task(), "subset_accuracy"))({2, 1, 0}) == Approx(2.0 / 3));
}

TEST_CASE("weighted metric: an unknown name is refused with the known ones", "[tasks]") {
  Predictions p{1, {1, 0}, {0.9, 0.8}};
  CHECK_THROWS_AS(weighted_metric(p, multilabel_task(), "f1_mikro"), UserError);
  CHECK_THROWS_AS(weighted_metric(p, multiclass_task(), "ap_samples"), UserError);
}
