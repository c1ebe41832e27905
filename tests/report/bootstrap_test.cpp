#include "report/bootstrap.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/error.h"
#include "support/run_folder.h"
#include "tasks/multilabel.h"

using namespace mma;
using Catch::Approx;
using test::noisy_predictions;

namespace {

SystemMetrics system_of(const std::vector<Predictions>& runs, const std::string& name) {
  SystemMetrics metrics;
  for (auto& p : runs) metrics.push_back(weighted_metric(p, multilabel_task(), name));
  return metrics;
}

std::vector<SystemMetrics> clear_and_noisy() {
  std::vector<SystemMetrics> systems;
  systems.push_back(system_of({noisy_predictions(60, 2, 3, 1)}, "ap_micro"));
  systems.push_back(
      system_of({noisy_predictions(60, 2, 0.5, 2), noisy_predictions(60, 2, 0.5, 3)}, "ap_micro"));
  return systems;
}

}  // namespace

TEST_CASE("bootstrap: p-value by hand", "[report]") {
  // differences 1, 1, -1: one not better, two not worse: 2 (1 + 1) / (3 + 1) = 1
  CHECK(paired_p_value({0, 0, 1}, {1, 1, 0}) == 1);
  // nine better of nine: 2 * 1 / 10
  CHECK(paired_p_value(std::vector<double>(9, 0.0), std::vector<double>(9, 1.0)) == Approx(0.2));
  CHECK(paired_p_value(std::vector<double>(9, 1.0), std::vector<double>(9, 0.0)) == Approx(0.2));
  CHECK(paired_p_value({1, 2}, {1, 2}) == 1);
  // Undefined ones do not count.
  CHECK(paired_p_value({0, 0, 0, NAN}, {1, 1, 1, 1}) == Approx(0.5));
  CHECK(std::isnan(paired_p_value({NAN}, {1})));
  CHECK_THROWS_AS(paired_p_value({1, 2}, {1}), Error);
}

TEST_CASE("bootstrap: identical systems have p 1, a clearly better one a small p", "[report]") {
  auto systems = clear_and_noisy();
  systems.push_back(system_of({noisy_predictions(60, 2, 3, 1)}, "ap_micro"));
  auto means = bootstrap_means(systems, 60, 999, 2);
  CHECK(paired_p_value(means[0], means[2]) == 1);
  CHECK(paired_p_value(means[0], means[1]) == Approx(2.0 / 1000));
}

TEST_CASE("bootstrap: the same for any number of threads, and a prefix of more", "[report]") {
  auto systems = clear_and_noisy();
  auto one = bootstrap_means(systems, 60, 120, 1);
  CHECK(bootstrap_means(systems, 60, 120, 3) == one);
  auto more = bootstrap_means(systems, 60, 170, 2);
  for (size_t g = 0; g < one.size(); ++g) {
    REQUIRE(more[g].size() == 170);
    more[g].resize(120);
  }
  CHECK(more == one);
}

TEST_CASE("bootstrap: the spread of a share is that of its standard error", "[report]") {
  // 50 of 100 samples right: sqrt(0.5 * 0.5 / 100) = 0.05
  Predictions p{1, {}, {}};
  for (int i = 0; i < 100; ++i) {
    p.truth.push_back(1);
    p.scores.push_back(i % 2 ? 0.9 : 0.1);
  }
  std::vector<SystemMetrics> systems;
  systems.push_back(system_of({p}, "accuracy"));
  auto values = bootstrap_means(systems, 100, 4000, 2)[0];
  double sum = 0, squares = 0;
  for (double x : values) sum += x, squares += (x - 0.5) * (x - 0.5);
  CHECK(sum / 4000 == Approx(0.5).margin(0.004));
  CHECK(std::sqrt(squares / 4000) == Approx(0.05).margin(0.003));
}

TEST_CASE("bootstrap: fewer resamples of much data, never too few", "[report]") {
  CHECK(affordable_resamples(1000 * 13 * 24) == 10000);
  CHECK(affordable_resamples(2'000'000) == 5000);
  CHECK(affordable_resamples(1'000'000'000) == 1000);
}
