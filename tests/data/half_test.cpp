#include "data/half.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

#include "data/half_review.h"

using namespace mma;

namespace {

// A half by the standard's formula.
double by_formula(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == 31) return fraction ? NAN : sign * INFINITY;
  return sign * (exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24));
}

}  // namespace

TEST_CASE("half: all 65,536 values, there and back", "[data]") {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const Half half{static_cast<uint16_t>(bits)};
    const auto value = static_cast<float>(half);
    const double expected = by_formula(half.bits);
    CAPTURE(bits, value, expected);
    REQUIRE(half.finite() == std::isfinite(expected));
    if (std::isnan(expected)) {
      REQUIRE(std::isnan(value));
      REQUIRE(std::isnan(static_cast<float>(to_half(value))));
      continue;
    }
    REQUIRE(value == expected);
    REQUIRE(std::signbit(value) == std::signbit(expected));
    REQUIRE(to_half(value).bits == half.bits);
  }
}

TEST_CASE("half: the nearest, of two as near the even one", "[data]") {
  for (uint32_t bits = 0; bits < 0x7c00; ++bits) {
    const auto low = static_cast<uint16_t>(bits), high = static_cast<uint16_t>(bits + 1);
    // Behind the largest half stands 2^16, where another exponent would have it.
    const double above = high == 0x7c00 ? 65536.0 : by_formula(high);
    const auto middle = static_cast<float>((by_formula(low) + above) / 2);  // exact
    CAPTURE(bits, middle);
    REQUIRE(to_half(middle).bits == (low % 2 ? high : low));
    REQUIRE(to_half(std::nextafter(middle, 0.0f)).bits == low);
    REQUIRE(to_half(std::nextafter(middle, INFINITY)).bits == high);
    REQUIRE(to_half(-middle).bits == (0x8000 | (low % 2 ? high : low)));
  }
  CHECK(to_half(65519.996f).bits == 0x7bff);
  CHECK(!to_half(65520.0f).finite());
  CHECK(!to_half(std::numeric_limits<float>::max()).finite());
  CHECK(to_half(std::numeric_limits<float>::denorm_min()).bits == 0);
}

TEST_CASE("half: what a vector loses", "[data]") {
  auto loss = half_loss({0, 1, -2, 0.5f});
  CHECK(loss.relative == 0);
  CHECK(loss.zeroed == 0);
  CHECK(loss.overflow == 0);
  loss = half_loss({1 + 0x1p-11f, 1e-9f, -1e-9f, 0});  // the first becomes 1
  CHECK(loss.relative == 0x1p-11 / (1 + 0x1p-11));
  CHECK(loss.zeroed == 2);
  loss = half_loss({1, -70000, 66000});
  CHECK(loss.overflow == 70000);

  HalfReview review({"video", "audio"});
  Faults faults;
  review.add(0, "train", "a", half_loss({1 + 0x1p-11f}), faults);
  review.add(0, "train", "b", half_loss({1e-9f}), faults);
  CHECK(faults.empty());
  CHECK(review.lines() ==
        std::vector<std::string>{"video: stored as float16: relative error at most 0.00049; 1 "
                                 "numbers below 3e-8 became 0"});
  review.add(1, "dev", "c", loss, faults);
  CHECK(faults.message() ==
        "dev: c's audio: 70000 is beyond float16, which ends at 65504: scale the features, or "
        "store: float32");
}
