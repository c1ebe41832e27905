#include "train/schedule.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

using namespace mma;
using Catch::Approx;

namespace {
OptimSection optim(const std::string& schedule) {
  OptimSection o;
  o.lr = 2.0;
  o.warmup = 0.2;
  o.schedule = schedule;
  return o;
}
}  // namespace

TEST_CASE("schedule: warm-up, then linear, cosine or constant", "[train]") {
  for (auto* name : {"linear", "cosine", "constant", "reduce_on_plateau"}) {
    Schedule s(optim(name), 10);  // two steps of warm-up
    CHECK(s.lr(0) == Approx(1.0));
    CHECK(s.lr(1) == Approx(2.0));
    CHECK(s.lr(2) == Approx(2.0));
  }
  CHECK(Schedule(optim("linear"), 10).lr(6) == Approx(1.0));
  CHECK(Schedule(optim("linear"), 10).lr(9) == Approx(0.25));
  CHECK(Schedule(optim("cosine"), 10).lr(4) == Approx(1 + std::cos(3.14159265358979 / 4)));
  CHECK(Schedule(optim("constant"), 10).lr(9) == Approx(2.0));
}

TEST_CASE("schedule: a plateau halves the rate after more than its patience without gain",
          "[train]") {
  auto o = optim("reduce_on_plateau");
  o.plateau_patience = 1;
  Schedule s(o, 10);
  for (bool better : {true, false}) s.evaluated(better);
  CHECK(s.lr(5) == Approx(2.0));
  s.evaluated(false);
  CHECK(s.lr(5) == Approx(1.0));
  s.evaluated(false);
  CHECK(s.lr(5) == Approx(1.0));
}
