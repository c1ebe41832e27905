#include "tasks/metric_direction.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

using namespace mma;

TEST_CASE("metric direction: errors are better where they are lower, all else where higher",
          "[tasks]") {
  CHECK(is_better("ap_micro", 0.6, 0.5));
  CHECK(!is_better("ap_micro", 0.5, 0.6));
  for (auto* error : {"mae", "rmse"}) {
    CHECK(is_better(error, 0.5, 0.6));
    CHECK(!is_better(error, 0.6, 0.5));
  }
  CHECK(!is_better("mae", 0.5, 0.5));
  CHECK(!is_better("accuracy", 0.5, 0.5));
}

TEST_CASE("metric direction: any value is better than none, and none is never better", "[tasks]") {
  for (auto* metric : {"mae", "pearson"}) {
    CHECK(is_better(metric, -1, NAN));
    CHECK(!is_better(metric, NAN, 1));
    CHECK(!is_better(metric, NAN, NAN));
  }
}
