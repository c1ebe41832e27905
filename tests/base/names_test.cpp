#include "base/names.h"

#include <catch2/catch_test_macros.hpp>

#include "base/progress.h"
#include "base/text_table.h"

using namespace mma;

TEST_CASE("names: the nearest name, if one is near", "[base]") {
  std::vector<std::string> known{"mm_adapter", "mmbt", "houlsby"};
  CHECK(nearest_name("mm_adaptor", known) == "mm_adapter");
  CHECK(nearest_name("mmb", known) == "mmbt");
  CHECK(nearest_name("zzzzzzzz", known).empty());
  CHECK(nearest_name("mmbt", {}).empty());
  CHECK(nearest_name("lr", {"inner.rl", "optim.lr"}) == "optim.lr");
  CHECK(nearest_name("botleneck", {"seed", "model.bottleneck"}) == "model.bottleneck");
  std::vector<std::string> many(20'000, std::string(90, 'x'));
  auto message = unknown_name("label", std::string(90, 'y'), many);
  CHECK(message.ends_with("... and 19960 more"));
  CHECK(unknown_name("model", "mmb", known) ==
        "unknown model 'mmb', did you mean 'mmbt'?; known: mm_adapter, mmbt, houlsby");
}

TEST_CASE("names: of many known names the nearest or the first, none as a terminal would obey it",
          "[base]") {
  std::vector<std::string> known{"\x1b[31mred"};
  for (int i = 0; i < 100; ++i) known.push_back("l" + std::to_string(i));
  CHECK(unknown_name("label", "\x1b[31mrod", known) ==
        "unknown label '\\x1b[31mrod', did you mean '\\x1b[31mred'?");
  auto text = unknown_name("label", "far from \x1b[31m", known);
  CHECK(text.starts_with("unknown label 'far from \\x1b[31m'; known: \\x1b[31mred, l0, "));
  CHECK(text.ends_with("l37, l38 and 61 more"));
}

TEST_CASE("names: a table's row, or the known ones", "[base]") {
  Table<int> table{{"a", 1}, {"b", 2}};
  CHECK(pick(table, "part", "b") == 2);
  CHECK(names_of(table) == std::vector<std::string>{"a", "b"});
  CHECK_THROWS_AS(pick(table, "part", "q"), UserError);
}

TEST_CASE("text table: first column left, the others right", "[base]") {
  CHECK(text_table({{"label", "f1"}, {"\u00e9", "0.61"}, {"long name", ""}}) ==
        "label        f1\n"
        "---------------\n"
        "\u00e9          0.61\n"
        "long name\n");
  CHECK(text_table({{"a"}, {"\x1b[2J"}, {"\u202eb"}}) == "a\n-------\n\\x1b[2J\n\\u202eb\n");
  CHECK(text_table({}).empty());
}

TEST_CASE("progress: durations", "[base]") {
  CHECK(format_duration(0) == "0:00");
  CHECK(format_duration(245.4) == "4:05");
  CHECK(format_duration(3723) == "1:02:03");
}
