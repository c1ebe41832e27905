#include "tasks/regression.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "support/paths.h"
#include "tasks/metric_choice.h"
#include "tasks/objective.h"
#include "tasks/target_metrics.h"

using namespace mma;
using Catch::Approx;
using nlohmann::json;
using Names = std::vector<std::string>;

namespace {

Predictions predictions_of(int64_t labels, std::vector<float> targets, std::vector<float> scores) {
  return {labels, {}, std::move(scores), std::move(targets)};
}

void check_figure(double found, const json& expected) {
  if (expected.is_null()) {
    CHECK(std::isnan(found));
  } else {
    CHECK(found == Approx(expected.get<double>()).epsilon(1e-12).margin(1e-14));
  }
}

double figure(const Predictions& p, const std::string& name) {
  return metric(regression_metrics(p), name);
}

}  // namespace

TEST_CASE("regression: every figure equals scikit-learn's and SciPy's", "[tasks][parity]") {
  auto cases = json::parse(read_file(test::source_root() / "tests/reference/regression.json"));
  CHECK(cases.size() == 5);
  for (auto& item : cases) {
    CAPTURE(item["name"]);
    Predictions p{static_cast<int64_t>(item["targets"][0].size()), {}, {}};
    for (auto& row : item["targets"])
      for (auto& value : row) p.targets.push_back(value.get<float>());
    for (auto& row : item["scores"])
      for (auto& value : row) p.scores.push_back(value.get<double>());
    auto metrics = regression_metrics(p);
    CHECK(metrics.size() == item["expected"].size());
    for (auto& [name, value] : metrics) {
      CAPTURE(name);
      check_figure(value, item["expected"].at(name));
    }
    auto figures = regression_task().label_figures(p);
    REQUIRE(figures.rows.size() == item["per_target"].size());
    CHECK(figures.names == Names{"mae", "rmse", "pearson", "spearman"});
    CHECK(figures.positives.empty());
    for (size_t c = 0; c < figures.rows.size(); ++c)
      for (size_t k = 0; k < figures.names.size(); ++k)
        check_figure(figures.rows[c][k], item["per_target"][c].at(figures.names[k]));
  }
}

TEST_CASE("regression: by hand", "[tasks]") {
  auto p = predictions_of(1, {1, -2, 0, 3}, {2, 1, -1, 3});
  CHECK(figure(p, "mae") == Approx(5.0 / 4));
  CHECK(figure(p, "rmse") == Approx(std::sqrt(11.0 / 4)));
  // means 0.5 and 1.25; sum of products 6.5, of squares 13 and 8.75
  CHECK(figure(p, "pearson") == Approx(6.5 / std::sqrt(13 * 8.75)));
  // ranks 3 1 2 4 and 3 2 1 4: 1 - 6 * 2 / (4 * 15)
  CHECK(figure(p, "spearman") == Approx(0.8));
  // signs with 0: + - + + and + + - +; without it: + - + and + + +
  CHECK(figure(p, "acc2_has0") == Approx(2.0 / 4));
  CHECK(figure(p, "acc2_non0") == Approx(2.0 / 3));
  CHECK(figure(p, "f1_sign_has0") == Approx((3 * (4.0 / 6) + 1 * 0) / 4));
  CHECK(figure(p, "f1_sign_non0") == Approx((2 * (4.0 / 5) + 1 * 0) / 3));
  // ranks of ties are their mean: 1 2.5 2.5 4 and 1 2 3 4
  auto tied = predictions_of(1, {0, 1, 1, 2}, {0, 1, 2, 3});
  CHECK(figure(tied, "spearman") == Approx(4.5 / std::sqrt(4.5 * 5)));
}

TEST_CASE("regression: what is not defined is NaN, and the rest stands", "[tasks]") {
  for (auto& [name, value] : regression_metrics({2, {}, {}})) CHECK(std::isnan(value));
  auto one = predictions_of(1, {1.5}, {-0.5});
  CHECK(figure(one, "mae") == 2);
  CHECK(std::isnan(figure(one, "pearson")));
  CHECK(std::isnan(figure(one, "acc2_has0")));
  auto constant = predictions_of(1, {1, -2, 3}, {0.1, 0.1, 0.1});
  CHECK(std::isnan(figure(constant, "pearson")));
  CHECK(std::isnan(figure(constant, "spearman")));
  CHECK(figure(constant, "acc2_non0") == Approx(2.0 / 3));
  auto rating = predictions_of(1, {1, 2, 5}, {1, 2, 4});
  CHECK(std::isnan(figure(rating, "acc2_has0")));
  CHECK(figure(rating, "spearman") == 1);
  CHECK_THROWS_AS(regression_metrics(predictions_of(1, {1}, {NAN})), Error);
  CHECK_THROWS_AS(regression_metrics(predictions_of(2, {1}, {1})), Error);
}

TEST_CASE("regression: far from 0, a correlation keeps its digits", "[tasks]") {
  auto near = predictions_of(1, {1, 2, 3, 4}, {1.5, 1.25, 3, 3.5});
  auto far = near;
  for (auto& y : far.targets) y += 4096;
  for (auto& s : far.scores) s += 4096;
  CHECK(figure(far, "pearson") == Approx(figure(near, "pearson")).epsilon(1e-12));
}

TEST_CASE("regression: which metrics a split defines, and which can choose", "[tasks]") {
  auto& task = regression_task();
  CHECK(undefined_metrics(task, predictions_of(1, {1, -2, 0}, {})).empty());
  CHECK(telling_metrics(task, predictions_of(1, {1, -2, 0}, {})) == task.metric_names());
  const Names of_sign{"acc2_has0", "acc2_non0", "f1_sign_has0", "f1_sign_non0"};
  CHECK(undefined_metrics(task, predictions_of(1, {1, 2, 5}, {})) == of_sign);
  CHECK(telling_metrics(task, predictions_of(1, {2, 2}, {})) == Names{"mae", "rmse"});
  CHECK(undefined_metrics(task, predictions_of(1, {}, {})) == task.metric_names());
}

TEST_CASE("regression: every weighted metric equals that of resampled data", "[tasks]") {
  RandomStream random(derive_key(3, "targets"));
  auto& task = regression_task();
  for (int round = 0; round < 20; ++round) {
    Predictions p{2, {}, {}}, repeated{2, {}, {}};
    std::vector<uint32_t> counts(25), once(25, 1);
    for (int i = 0; i < 25; ++i) {
      ++counts[random.below(25)];
      p.targets.insert(p.targets.end(), {static_cast<float>(random.below(5)) - 2,
                                         static_cast<float>(random.normal())});
      for (int c = 0; c < 2; ++c) p.scores.push_back(static_cast<double>(random.below(7)) - 3);
    }
    for (size_t i = 0; i < 25; ++i)
      for (uint32_t k = 0; k < counts[i]; ++k)
        for (size_t c = 0; c < 2; ++c) {
          repeated.targets.push_back(p.targets[2 * i + c]);
          repeated.scores.push_back(p.scores[2 * i + c]);
        }
    for (auto& [name, value] : task.metrics(repeated)) {
      CAPTURE(round, name);
      CHECK((*weighted_metric(p, task, name))(counts) == Approx(value).epsilon(0).margin(1e-12));
      CHECK((*weighted_metric(p, task, name))(once) == metric(task.metrics(p), name));
    }
  }
}

TEST_CASE("regression: targets are scaled by train's mean and deviation, constants by 1",
          "[tasks]") {
  Split train;
  train.ids = {"a", "b", "c", "d"};
  train.targets = {1, 7, 3, 7, 5, 7, 7, 7};
  auto scale = target_scale(train);
  CHECK(scale.mean == std::vector<double>{4, 7});
  CHECK(scale.deviation[0] == Approx(std::sqrt(5.0)));
  CHECK(scale.deviation[1] == 1);
}

TEST_CASE("regression: lower errors select, and every metric has a name of its own", "[tasks]") {
  auto& about = regression_task().about();
  auto names = regression_task().metric_names();
  for (auto* list : {&about.headline, &about.compared})
    for (auto& name : *list) CHECK(std::find(names.begin(), names.end(), name) != names.end());
  CHECK(about.default_metric == "mae");
}
