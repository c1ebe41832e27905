#include "data/target_cell.h"

#include <catch2/catch_test_macros.hpp>

using namespace mma;

namespace {

std::string fault_of(const std::string& text, ValueKind kind = ValueKind::kText) {
  return target_number(text, kind).fault;
}

}  // namespace

TEST_CASE("target cell: numbers, as tables write them", "[data]") {
  CHECK(target_number("1.5", ValueKind::kNumber).value == 1.5f);
  CHECK(target_number(" -2 ", ValueKind::kText).value == -2);
  CHECK(target_number("+3e2", ValueKind::kText).value == 300);
  CHECK(target_number("0.1", ValueKind::kText).value == 0.1f);
  CHECK(target_number("-3.4028234e38", ValueKind::kText).fault.empty());
}

TEST_CASE("target cell: what is no number is refused", "[data]") {
  for (auto* text : {"", " ", "positive", "1,5", "1.5 stars", "0x10", "--1", "+-1", "1e", "1\x1b"})
    CHECK(fault_of(text).starts_with("expected a number, found '"));
  CHECK(fault_of("true", ValueKind::kTruth) == "expected a number, found 'true'");
  CHECK(fault_of("1", ValueKind::kTruth) == "expected a number, found '1'");
  CHECK(fault_of("[1]", ValueKind::kNested) == "expected a number, found '[1]'");
  for (auto* text : {"nan", "-NaN", "inf", "-Infinity"})
    CHECK(fault_of(text).starts_with("expected a finite number, found '"));
  for (auto* text : {"3.5e38", "-1e39", "1e400", "1e-400"})
    CHECK(fault_of(text).starts_with("expected a number that float32 holds, found '"));
  CHECK(fault_of("a\x1b[31m") == "expected a number, found 'a\\x1b[31m'");
}
