#include "data/label_cell.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <catch2/catch_test_macros.hpp>

using namespace mma;

namespace {

// The names, or the fault.
std::string read(const std::string& text, const std::string& separator = "",
                 const Names& known = {}) {
  LabelDescription labels;
  labels.separator = separator;
  labels.names = known;
  Cell cell;
  cell.text = text;
  auto [names, fault] = label_names(cell, labels);
  return fault.empty() ? fmt::format("{}", fmt::join(names, "/")) : "! " + fault;
}

std::string read(const std::string& text, ValueKind kind) {
  Cell cell;
  cell.is_list = true;
  cell.list = {"first", text};
  cell.kinds = {ValueKind::kText, kind};
  auto [names, fault] = label_names(cell, {});
  return fault.empty() ? names.at(1) : "! " + fault;
}

}  // namespace

TEST_CASE("label cell: names in a text", "[data]") {
  CHECK(read("drama") == "drama");
  CHECK(read(" sci fi ") == "sci fi");
  CHECK(read("") == "");
  CHECK(read("drama | war||", "|") == "drama/war");
  CHECK(read("drama, war", ", ") == "drama/war");
  CHECK(read("true") == "true");  // a word of a .csv
  CHECK(read("[deleted]") == "[deleted]");
  CHECK(read("(TV Movie)") == "(TV Movie)");
}

TEST_CASE("label cell: a list that was written as text", "[data]") {
  for (auto* text : {"['drama', 'war']", "[\"drama\"]", "[28, 35]", "[28]", "[]", "('a',)", "{a,b}",
                     "{\"id\": 1}", " [1.5] "})
    for (auto* separator : {"", ",", "|"})
      CHECK(read(text, separator).starts_with("! expected names, found the text of a list: '"));
  CHECK(read("[28, 35]", "", {"[28, 35]"}) == "[28, 35]");
}

TEST_CASE("label cell: values of other kinds", "[data]") {
  CHECK(read("a", ValueKind::kText) == "a");
  for (auto* text : {"7", "7.0", "7e0"}) CHECK(read(text, ValueKind::kNumber) == "7");
  CHECK(read("-1", ValueKind::kNumber) == "-1");
  CHECK(read("123456789012345678901234567890", ValueKind::kNumber) ==
        "123456789012345678901234567890");
  for (auto* text : {"1.5", "1e300", "nan", "inf"})
    CHECK(read(text, ValueKind::kNumber) ==
          fmt::format("! expected names or whole numbers, found a number that is not whole: {}",
                      text));
  CHECK(read("true", ValueKind::kTruth) == "! expected names or whole numbers, found true");
  CHECK(read("null", ValueKind::kNull) == "! expected names or whole numbers, found null");
  CHECK(read("[1]", ValueKind::kNested) ==
        "! expected names or whole numbers, found a value within a value: [1]");
  CHECK(read(" ", ValueKind::kText) == "! expected a name, found an empty one");
  CHECK(read("caf\xe9", ValueKind::kText) == "! expected a name in UTF-8, found 'caf\\xe9'");
  CHECK(read(std::string("a\0b", 3), ValueKind::kText) ==
        "! expected a name, found a zero byte in 'a\\x00b'");
  CHECK(read(std::string(1024, 'x'), ValueKind::kText) == std::string(1024, 'x'));
  CHECK(read(std::string(1025, 'x'), ValueKind::kText)
            .starts_with("! expected a name of at most 1024 bytes, found one of 1025: 'xxx"));
}
