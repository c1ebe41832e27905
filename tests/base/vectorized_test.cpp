#include "base/vectorized.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>

#include "base/error.h"

using namespace mma;

namespace {

struct WhatRuns {
  template <class Set>
  static MMA_INLINE void run(int* floats) {
    *floats = Set::kFloats;
  }
};

}  // namespace

TEST_CASE("vectorized: the processor's best set, or the one that is named", "[base]") {
  using enum InstructionSet;
  for (auto best : {kPlain, kAvx2, kAvx512}) CHECK(choose_instruction_set("", best) == best);
  CHECK(choose_instruction_set("avx512", kAvx512) == kAvx512);
  CHECK(choose_instruction_set("avx2", kAvx512) == kAvx2);
  CHECK(choose_instruction_set("plain", kAvx512) == kPlain);
  CHECK_THROWS_WITH(choose_instruction_set("avx512", kAvx2),
                    "MMA_ISA: avx512: this processor lacks it; leave MMA_ISA unset");
  CHECK_THROWS_AS(choose_instruction_set("avx3", kAvx512), UserError);
}

TEST_CASE("vectorized: what runs is compiled for the set in use", "[base]") {
  int floats = 0;
  vectorized<WhatRuns>(&floats);
  CHECK(floats == (instruction_set() == InstructionSet::kAvx512 ? 16
                   : instruction_set() == InstructionSet::kAvx2 ? 8
                                                                : 4));
}
