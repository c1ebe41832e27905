#include "base/text_table.h"

#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "base/unicode.h"

using namespace mma;

namespace {

using Cells = std::vector<std::vector<std::string>>;

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// All but blanks and rules, so that cells that were broken are whole again.
std::string letters(const std::string& text) {
  std::string all;
  for (auto& line : lines_of(text))
    if (line.find_first_not_of('-') != std::string::npos)
      for (char c : line)
        if (c != ' ') all += c;
  return all;
}

}  // namespace

TEST_CASE("text table: the first column left, the others right, in columns of a terminal",
          "[base]") {
  CHECK(text_table({{"label", "F1"}, {"war", "0.5"}, {"drama"}}, 0) ==
        "label   F1\n----------\nwar    0.5\ndrama\n");
  // Wide characters take two columns, marks none.
  CHECK(text_table({{"n", "x"}, {"日本", "1"}, {"e\u0301", "22"}}, 0) ==
        "n      x\n--------\n日本   1\ne\u0301     22\n");
  CHECK(text_table({{"a\x1b[2J", "x"}}, 0) == "a\\x1b[2J  x\n-----------\n");
  CHECK(text_table({}, 80) == "");
}

TEST_CASE("text table: what is too wide stands in blocks, each with the names", "[base]") {
  Cells rows{{"name", "first", "second", "third"}, {"one", "1", "2", "3"}, {"two", "4", "5", "6"}};
  const auto whole = text_table(rows, 0);
  CHECK(text_table(rows, 26) == whole);
  CHECK(text_table(rows, 25) ==
        "name  first  second\n-------------------\none       1       2\ntwo       4       5\n"
        "\n"
        "name  third\n-----------\none       3\ntwo       6\n");
}

TEST_CASE("text table: names of 100 characters fit, and nothing is left out", "[base]") {
  std::string plain, wide;
  for (int i = 0; i < 100; ++i) plain += static_cast<char>('a' + i % 26);
  for (int i = 0; i < 50; ++i) wide += "日本";
  Cells rows{{"system"}, {plain}, {wide}, {"mm_adapter text+video optim.lr=0.001 " + plain}};
  for (int c = 0; c < 12; ++c) {
    rows[0].push_back(c == 7 ? plain : "metric" + std::to_string(c));
    for (size_t r = 1; r < rows.size(); ++r) rows[r].push_back("0." + std::to_string(1000 + c));
  }
  for (size_t columns : {20, 40, 80, 100, 120}) {
    CAPTURE(columns);
    const auto text = text_table(rows, columns);
    for (auto& line : lines_of(text)) CHECK(display_width(line) <= columns);
    for (int c = 0; c < 12; ++c)
      if (c != 7) CHECK(letters(text).find("metric" + std::to_string(c)) != std::string::npos);
  }
  // One column of names: broken, and whole when put together.
  CHECK(letters(text_table({{"name"}, {plain}}, 30)) == "name" + plain);
  CHECK(letters(text_table({{"name"}, {wide}}, 31)) == "name" + wide);
}

TEST_CASE("text table: long names break where words end", "[base]") {
  CHECK(text_table({{"name"}, {"mm_adapter text+video+poster"}}, 24) ==
        "name\n------------------------\nmm_adapter text+video+\nposter\n");
}
