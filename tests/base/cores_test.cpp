#include "base/cores.h"

#include <sched.h>

#include <catch2/catch_test_macros.hpp>
#include <thread>

TEST_CASE("cores: not more than the affinity mask allows, and at least one", "[base]") {
  CHECK(mma::allowed_cores() >= 1);
  CHECK(mma::allowed_cores() <= static_cast<int>(std::thread::hardware_concurrency()));
  cpu_set_t before, one;
  REQUIRE(sched_getaffinity(0, sizeof(before), &before) == 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(sched_setaffinity(0, sizeof(one), &one) == 0);
  CHECK(mma::allowed_cores() == 1);
  REQUIRE(sched_setaffinity(0, sizeof(before), &before) == 0);
}
