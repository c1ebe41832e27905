#include "report/interval.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/error.h"

using namespace mma;
using Catch::Approx;

TEST_CASE("interval: Student's t", "[report]") {
  CHECK(student_t_975(1) == 12.706);
  CHECK(student_t_975(2) == 4.303);
  CHECK(student_t_975(30) == 2.042);
  CHECK(student_t_975(31) == 2.042);
  CHECK(student_t_975(1000) >= 1.96);
  for (int64_t n = 1; n < 200; ++n) CHECK(student_t_975(n) >= student_t_975(n + 1));
  CHECK_THROWS_AS(student_t_975(0), Error);
}

TEST_CASE("interval: by hand", "[report]") {
  // mean 2, s = 1, 4.303 / sqrt(3)
  auto three = mean_interval({1, 2, 3});
  CHECK(three.mean == Approx(2));
  CHECK(three.half_width == Approx(2.48434).epsilon(1e-5));
  // mean 0.5, s = 1 / sqrt(2), so 12.706 / 2
  CHECK(mean_interval({0, 1}).half_width == Approx(6.353));
  CHECK(mean_interval({0.7, 0.7, 0.7, 0.7}).half_width == Approx(0).margin(1e-15));
  auto one = mean_interval({0.7});
  CHECK(one.mean == 0.7);
  CHECK(std::isnan(one.half_width));
  CHECK(std::isnan(mean_interval({}).mean));
  CHECK(std::isnan(mean_interval({1, NAN}).mean));
}

TEST_CASE("interval: of a difference, by hand", "[report]") {
  // s^2 / n = 1/3 and 4/3, v = (5/3)^2 / ((1/9 + 16/9) / 2) = 2.94: two degrees
  auto d = difference_interval({1, 2, 3}, {3, 5, 7});
  CHECK(d.mean == Approx(3));
  CHECK(d.half_width == Approx(4.303 * std::sqrt(5.0 / 3)));
  // Equal scatter: all four degrees.
  CHECK(difference_interval({1, 2, 3}, {2, 3, 4}).half_width == Approx(2.776 * std::sqrt(2.0 / 3)));
  CHECK(difference_interval({0.5, 0.5}, {0.75, 0.75}).half_width == 0);
  // One side does not scatter: the other's degrees.
  CHECK(difference_interval({0.5, 0.5}, {0, 1}).half_width == Approx(12.706 * 0.5));
  CHECK(difference_interval({1}, {2, 3}).mean == 1.5);
  CHECK(std::isnan(difference_interval({1}, {2, 3}).half_width));
  CHECK(std::isnan(difference_interval({1, NAN}, {2, 3}).half_width));
  CHECK(std::isnan(difference_interval({}, {2, 3}).mean));
}

TEST_CASE("interval: percentiles of resampled values, as numpy's", "[report]") {
  std::vector<double> values;
  for (int i = 40; i >= 0; --i) values.push_back(i);
  values.push_back(NAN);
  auto bounds = percentile_interval(values);  // numpy.percentile(range(41), [2.5, 97.5])
  CHECK(bounds.low == Approx(1));
  CHECK(bounds.high == Approx(39));
  bounds = percentile_interval({1, 2, 4});  // numpy.percentile([1, 2, 4], [2.5, 97.5])
  CHECK(bounds.low == Approx(1.05));
  CHECK(bounds.high == Approx(3.9));
  CHECK(percentile_interval({3}).high == 3);
  CHECK(std::isnan(percentile_interval({}).low));
  CHECK(std::isnan(percentile_interval({NAN}).low));
}
