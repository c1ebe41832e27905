#include "base/random.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <set>

using namespace mma;

TEST_CASE("random: philox4x32-10 gives the known answers of Random123", "[base]") {
  using Words = std::array<uint32_t, 4>;
  CHECK(philox({0, 0, 0, 0}, 0) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  uint32_t ones = 0xffffffff;
  CHECK(philox({ones, ones, ones, ones}, ~uint64_t{0}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random: keys differ by seed, use and index", "[base]") {
  std::set<uint64_t> keys;
  for (uint64_t seed : {0, 1})
    for (auto* use : {"order", "init"})
      for (uint64_t index : {0, 1}) keys.insert(derive_key(seed, use, index));
  CHECK(keys.size() == 8);
  CHECK(derive_key(1, "order", 2) == derive_key(1, "order", 2));
}

TEST_CASE("random: ranges and moments", "[base]") {
  RandomStream random(7);
  double sum = 0, squares = 0;
  std::array<int, 3> counts{};
  for (int i = 0; i < 30000; ++i) {
    double u = random.uniform(), z = random.normal();
    REQUIRE((u >= 0 && u < 1));
    REQUIRE(std::isfinite(z));
    sum += z;
    squares += z * z;
    ++counts.at(random.below(3));
  }
  CHECK(std::abs(sum / 30000) < 0.03);
  CHECK(std::abs(squares / 30000 - 1) < 0.05);
  for (int count : counts) CHECK(std::abs(count - 10000) < 400);
  CHECK(random.below(1) == 0);
}

TEST_CASE("random: a permutation holds each number once", "[base]") {
  auto order = permutation(100, 3);
  CHECK(order == permutation(100, 3));
  CHECK(order != permutation(100, 4));
  std::sort(order.begin(), order.end());
  for (int64_t i = 0; i < 100; ++i) CHECK(order[static_cast<size_t>(i)] == i);
  CHECK(permutation(0, 1).empty());
}
