#include "tasks/metric_choice.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/random.h"
#include "tasks/multiclass.h"
#include "tasks/multilabel.h"

using namespace mma;
using Names = std::vector<std::string>;

namespace {

bool holds(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("metric choice: without a positive no ranking is defined, and only accuracy tells",
          "[tasks]") {
  CHECK(
      undefined_metrics(multilabel_task(), {2, {0, 0, 0, 0}, {}}) ==
      Names{"ap_micro", "ap_macro", "ap_weighted", "auroc_micro", "auroc_macro", "auroc_weighted"});
  CHECK(telling_metrics(multilabel_task(), {2, {0, 0, 0, 0}, {}}) ==
        Names{"subset_accuracy", "accuracy"});
}

TEST_CASE("metric choice: with positives alone there is no AUROC, and every AP is 1", "[tasks]") {
  CHECK(undefined_metrics(multilabel_task(), {1, {1, 1}, {}}) ==
        Names{"auroc_micro", "auroc_macro", "auroc_weighted"});
  auto telling = telling_metrics(multilabel_task(), {1, {1, 1}, {}});
  CHECK(!holds(telling, "ap_micro"));
  CHECK(holds(telling, "f1_micro"));
  CHECK(holds(telling, "accuracy"));
}

TEST_CASE("metric choice: one label with both is enough for every metric", "[tasks]") {
  CHECK(undefined_metrics(multilabel_task(), {2, {0, 1, 0, 0}, {}}).empty());
  CHECK(telling_metrics(multilabel_task(), {2, {0, 1, 0, 0}, {}}).size() ==
        multilabel_metrics({2, {0, 1, 0, 0}, {0, 0, 0, 0}}).size());
}

TEST_CASE("metric choice: one class in the split, all classes, one class in the model", "[tasks]") {
  CHECK(undefined_metrics(multiclass_task(), {2, {1, 0, 1, 0}, {}}) == Names{"auroc_macro"});
  CHECK(holds(telling_metrics(multiclass_task(), {2, {1, 0, 1, 0}, {}}), "accuracy"));
  CHECK(!holds(telling_metrics(multiclass_task(), {2, {1, 0, 1, 0}, {}}), "ap_macro"));
  CHECK(undefined_metrics(multiclass_task(), {2, {1, 0, 0, 1}, {}}).empty());
  CHECK(telling_metrics(multiclass_task(), {1, {1, 1}, {}}).empty());
}

TEST_CASE("metric choice: without samples nothing is defined", "[tasks]") {
  CHECK(undefined_metrics(multilabel_task(), {2, {}, {}}).size() ==
        multilabel_metrics({2, {}, {}}).size());
  CHECK(telling_metrics(multiclass_task(), {2, {}, {}}).empty());
}

TEST_CASE("metric choice: what is undefined does not depend on the scores", "[tasks]") {
  RandomStream random(derive_key(5, "metric choice"));
  for (int round = 0; round < 200; ++round) {
    Predictions p{1 + static_cast<int64_t>(random.below(3)), {}, {}};
    auto pairs = static_cast<uint64_t>(p.labels) * (1 + random.below(3));
    for (uint64_t i = 0; i < pairs; ++i) {
      p.truth.push_back(random.uniform() < 0.2);
      p.scores.push_back(static_cast<double>(random.below(4)) / 3);
    }
    Names expected;
    for (auto& [name, value] : multilabel_metrics(p))
      if (std::isnan(value)) expected.push_back(name);
    CHECK(undefined_metrics(multilabel_task(), p) == expected);
  }
}
