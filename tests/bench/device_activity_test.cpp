#include "bench/device_activity.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

using namespace mma::bench;
using Catch::Approx;
using Kind = DeviceEvent::Kind;

TEST_CASE("device activity: kernels, copies and waits a step, and the busy share", "[bench]") {
  // In no order, as streams end: 0 to 10 and 5 to 15 overlap, 30 to 35 lies inside 28 to 40.
  const std::vector<DeviceEvent> events{
      {Kind::kKernel, 30, 35}, {Kind::kKernel, 0, 10},  {Kind::kCopy, 28, 40},
      {Kind::kWait, 12, 500},  {Kind::kKernel, 5, 15},  {Kind::kWait, 600, 601},
      {Kind::kWait, 700, 701}, {Kind::kKernel, 45, 50},
  };
  auto activity = summarise(events, 2);
  CHECK(activity.kernels == 2);
  CHECK(activity.copies == 0.5);
  CHECK(activity.waits == 1.5);
  CHECK(activity.busy == Approx((15 + 12 + 5) / 50.0));
}

TEST_CASE("device activity: without work nothing was busy", "[bench]") {
  CHECK(summarise({}, 3).busy == 0);
  auto waited = summarise({{Kind::kWait, 1, 9}}, 1);
  CHECK(waited.waits == 1);
  CHECK(waited.busy == 0);
  CHECK(summarise({{Kind::kCopy, 7, 7}}, 1).busy == 0);  // no time at all
}
