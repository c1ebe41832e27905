#include "tasks/metrics.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "support/paths.h"
#include "tasks/class_metrics.h"
#include "tasks/multiclass.h"
#include "tasks/multilabel.h"

using namespace mma;
using Catch::Approx;
using nlohmann::json;

namespace {

Predictions multilabel_of(const json& labels, const json& scores) {
  Predictions p;
  p.labels = static_cast<int64_t>(labels[0].size());
  for (auto& row : labels)
    for (auto& value : row) p.truth.push_back(value.get<uint8_t>());
  for (auto& row : scores)
    for (auto& value : row) p.scores.push_back(value.get<double>());
  return p;
}

// Truth as one class a row.
Predictions multiclass_of(const std::vector<size_t>& classes,
                          const std::vector<std::vector<double>>& scores) {
  Predictions p;
  p.labels = static_cast<int64_t>(scores.at(0).size());
  for (size_t i = 0; i < classes.size(); ++i) {
    for (size_t c = 0; c < scores[i].size(); ++c) p.truth.push_back(c == classes[i]);
    p.scores.insert(p.scores.end(), scores[i].begin(), scores[i].end());
  }
  return p;
}

void check_expected(const Metrics& metrics, const json& expected) {
  for (auto& [name, value] : expected.items()) {
    if (!value.is_number()) continue;
    INFO(name);
    CHECK(metric(metrics, name) == Approx(value.get<double>()).epsilon(0).margin(1e-9));
  }
}

}  // namespace

TEST_CASE("metrics: multilabel figures equal scikit-learn's", "[tasks][parity]") {
  for (auto& folder : test::reference_folders()) {
    auto fixture = json::parse(read_file(folder / "metrics.json"));
    for (auto& item : fixture["multilabel"]) {
      auto p = multilabel_of(item["labels"], item["scores"]);
      std::vector<double> thresholds(static_cast<size_t>(p.labels),
                                     item["threshold"].get<double>());
      check_expected(multilabel_metrics(p, thresholds), item["expected"]);
      auto labels = per_label_metrics(p, labels_above(p, thresholds));
      auto& per_class = item["expected"]["ap_per_class"];
      REQUIRE(labels.size() == per_class.size());
      for (size_t c = 0; c < labels.size(); ++c)
        CHECK(labels[c].average_precision ==
              Approx(per_class[c].get<double>()).epsilon(0).margin(1e-9));
    }
  }
}

TEST_CASE("metrics: multiclass figures equal scikit-learn's", "[tasks][parity]") {
  for (auto& folder : test::reference_folders()) {
    auto fixture = json::parse(read_file(folder / "metrics.json"))["multiclass"];
    auto p = multiclass_of(fixture["labels"].get<std::vector<size_t>>(),
                           fixture["logits"].get<std::vector<std::vector<double>>>());
    check_expected(multiclass_metrics(p), fixture["expected"]);
  }
}

TEST_CASE("metrics: two labels by hand", "[tasks]") {
  // label 0: scores .9+ .8- .2+ ; label 1: .7+ .6+ .1-
  Predictions p{2, {1, 1, 0, 1, 1, 0}, {0.9, 0.7, 0.8, 0.6, 0.2, 0.1}};
  auto m = multilabel_metrics(p);
  // tp 3 (.9 .7 .6), fp 1 (.8), fn 1 (.2)
  CHECK(metric(m, "f1_micro") == Approx(0.75));
  CHECK(metric(m, "f1_macro") == Approx((0.5 + 1) / 2));
  CHECK(metric(m, "f1_weighted") == Approx((0.5 + 1) / 2));
  CHECK(metric(m, "f1_samples") == Approx((1 + 2.0 / 3 + 0) / 3));
  CHECK(metric(m, "precision_samples") == Approx((1 + 0.5 + 0) / 3));
  CHECK(metric(m, "recall_samples") == Approx((1 + 1 + 0) / 3.0));
  CHECK(metric(m, "subset_accuracy") == Approx(1.0 / 3));
  CHECK(metric(m, "accuracy") == Approx(4.0 / 6));
  CHECK(metric(m, "ap_macro") == Approx(((1 + 2.0 / 3) / 2 + 1) / 2));
  CHECK(metric(m, "auroc_macro") == Approx((0.5 + 1) / 2));
  // order .9+ .8- .7+ .6+ .2+ .1-
  CHECK(metric(m, "ap_micro") == Approx((1 + 2.0 / 3 + 3.0 / 4 + 4.0 / 5) / 4));
  CHECK(metric(m, "auroc_micro") == Approx((2 + 1 + 1 + 1) / 8.0));
  auto labels = per_label_metrics(p, labels_above(p));
  CHECK(labels[0].count == 2);
  CHECK(labels[0].precision == Approx(0.5));
  CHECK(labels[0].recall == Approx(0.5));
  CHECK(labels[1].f1 == Approx(1));
}

TEST_CASE("metrics: a score equal to the threshold does not reach it", "[tasks]") {
  Predictions p{2, {1, 1}, {0.5, 0.625}};
  CHECK(labels_above(p) == std::vector<uint8_t>{0, 1});
  CHECK(labels_above(p, {0.4, 0.625}) == std::vector<uint8_t>{1, 0});
  CHECK_THROWS_AS(labels_above(p, {0.6}), Error);
}

TEST_CASE("metrics: all scores tied", "[tasks]") {
  Predictions p{1, {1, 0, 0, 1, 0}, {0.4, 0.4, 0.4, 0.4, 0.4}};
  auto m = multilabel_metrics(p);
  CHECK(metric(m, "ap_micro") == Approx(0.4));  // the share of positives
  CHECK(metric(m, "auroc_macro") == Approx(0.5));
  CHECK(metric(m, "f1_micro") == 0);
}

TEST_CASE("metrics: labels of one class are left out of the means of rankings", "[tasks]") {
  // label 0 without positives, label 1 without negatives, label 2 perfect
  Predictions p{3, {0, 1, 1, 0, 1, 0}, {0.9, 0.2, 0.8, 0.1, 0.3, 0.4}};
  auto labels = per_label_metrics(p, labels_above(p));
  CHECK(std::isnan(labels[0].average_precision));
  CHECK(std::isnan(labels[0].auroc));
  CHECK(labels[0].f1 == 0);
  CHECK(labels[1].average_precision == 1);
  CHECK(std::isnan(labels[1].auroc));
  auto m = multilabel_metrics(p);
  CHECK(metric(m, "ap_macro") == 1);
  CHECK(metric(m, "ap_weighted") == 1);
  CHECK(metric(m, "auroc_macro") == 1);
  CHECK(metric(m, "f1_macro") == Approx(1.0 / 3));
}

TEST_CASE("metrics: no samples and no positives", "[tasks]") {
  for (auto& [name, value] : multilabel_metrics({2, {}, {}})) CHECK(std::isnan(value));
  for (auto& [name, value] : multiclass_metrics({2, {}, {}})) CHECK(std::isnan(value));
  CHECK(per_label_metrics({2, {}, {}}, {}).size() == 2);
  auto m = multilabel_metrics({2, {0, 0}, {0.1, 0.2}});
  CHECK(std::isnan(metric(m, "ap_micro")));
  CHECK(std::isnan(metric(m, "ap_macro")));
  CHECK(metric(m, "ap_samples") == 0);
  CHECK(metric(m, "f1_samples") == 0);
  CHECK(metric(m, "subset_accuracy") == 1);
}

TEST_CASE("metrics: multiclass by hand", "[tasks]") {
  // truth 0 0 1; predictions 0 (the first of a tie), 1, 1; class 2 is nowhere and not counted
  auto p = multiclass_of({0, 0, 1}, {{0.4, 0.4, 0.2}, {0.1, 0.8, 0.1}, {0.3, 0.6, 0.1}});
  auto m = multiclass_metrics(p);
  CHECK(metric(m, "accuracy") == Approx(2.0 / 3));
  CHECK(metric(m, "f1_micro") == Approx(2.0 / 3));
  CHECK(metric(m, "f1_macro") == Approx(2.0 / 3));  // 2/3 and 2/3
  CHECK(metric(m, "precision_macro") == Approx((1 + 0.5) / 2));
  CHECK(metric(m, "recall_weighted") == Approx((0.5 * 2 + 1) / 3));
  CHECK(metric(m, "auroc_macro") == Approx((0.5 + 0.5) / 2));
  CHECK(metric(m, "ap_macro") == Approx(((1 + 2.0 / 3) / 2 + 0.5) / 2));
  CHECK(per_label_metrics(p, highest_labels(p))[2].count == 0);
}

TEST_CASE("metrics: what cannot be judged is refused", "[tasks]") {
  double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(multilabel_metrics({0, {}, {}}), Error);
  CHECK_THROWS_AS(multilabel_metrics({2, {1, 0, 1}, {0, 0, 0}}), Error);
  CHECK_THROWS_AS(multilabel_metrics({2, {1, 0}, {0, 0, 0}}), Error);
  CHECK_THROWS_AS(multilabel_metrics({2, {1, 0}, {0, nan}}), Error);
  auto m = multilabel_metrics({2, {1, 0}, {0.5, 0.5}});
  CHECK_THROWS_AS(metric(m, "f1_mikro"), UserError);
}
