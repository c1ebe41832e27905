// What mma-prep says of labels: the built program on small tables.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "support/raw_data.h"
#include "support/run_program.h"

using namespace mma;

namespace {

std::string mma_prep() { return (test::bin_dir() / "mma-prep").string(); }

// A data set of one table, or with `test` of two.
void write(const test::RawData& raw, const std::string& labels, const std::string& table,
           const std::string& rows, const std::string& more = "") {
  raw.write("data.yaml", "name: x\nsplits: {train: " + table + "}\nid: id\ntext: text\nlabels: {" +
                             "field: y, " + labels + "}\n" + more);
  raw.write(table, rows);
}

test::ProgramResult check(const test::RawData& raw) {
  return test::run_program(
      {mma_prep(), "check", (raw / "data.yaml").string(), "--root", raw.path().string()});
}
test::ProgramResult build(const test::RawData& raw) {
  return test::run_program({mma_prep(), "build", (raw / "data.yaml").string(), "--root",
                            raw.path().string(), "--tokenizer", raw.write_vocabulary().string(),
                            "--out", (raw / "x.h5").string()});
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Rows of a CSV, their numbers as ids.
std::string csv(const std::vector<std::string>& cells) {
  std::string text = "id,text,y\n";
  for (size_t i = 0; i < cells.size(); ++i) text += fmt::format("{},a,\"{}\"\n", i, cells[i]);
  return text;
}

}  // namespace

TEST_CASE("mma-prep labels: what is no name is refused, row by row", "[apps]") {
  test::RawData raw;
  write(raw, "kind: multilabel", "t.jsonl",
        R"({"id": "r1", "text": "a", "y": ["a", null]}
{"id": "r2", "text": "a", "y": [true]}
{"id": "r3", "text": "a", "y": 1.5}
{"id": "r4", "text": "a", "y": [["n"], "m"]}
{"id": "r5", "text": "a", "y": [""]}
{"id": "r6", "text": "a", "y": {"name": "a"}}
{"id": "r7", "text": "a", "y": [28, "a", 7.0]}
)");
  auto result = check(raw);
  CAPTURE(result.err);
  CHECK(result.exit_code == 2);
  CHECK(has(result.err, "r1: y: expected names or whole numbers, found null"));
  CHECK(has(result.err, "r2: y: expected names or whole numbers, found true"));
  CHECK(has(result.err,
            "r3: y: expected names or whole numbers, found a number that is not whole: 1.5"));
  CHECK(
      has(result.err,
          "r4: y: expected names or whole numbers, found a value within a value: [[\"n\"],\"m\"]"));
  CHECK(has(result.err, "r5: y: expected a name, found an empty one"));
  CHECK(has(
      result.err,
      "r6: y: expected names or whole numbers, found a value within a value: {\"name\":\"a\"}"));
  CHECK(!has(result.err, "r7"));
}

TEST_CASE("mma-prep labels: class ids are names", "[apps]") {
  test::RawData raw;
  write(raw, "kind: multiclass", "t.jsonl",
        "{\"id\": 1, \"text\": \"a\", \"y\": 7}\n{\"id\": 2, \"text\": \"a\", \"y\": 7.0}\n"
        "{\"id\": 3, \"text\": \"a\", \"y\": \"8\"}\n");
  auto result = check(raw);
  CAPTURE(result.out, result.err);
  CHECK(result.exit_code == 0);
  CHECK(has(result.out, "7          2  66.7"));
}

TEST_CASE("mma-prep labels: the terminal obeys none of them", "[apps]") {
  test::RawData raw;
  write(
      raw, "kind: multilabel", "t.jsonl",
      "{\"id\": 1, \"text\": \"a\", \"y\": [\"\\u001b[31mred\", \"\\u009b2J\", \"x\\u202egpj\"]}\n"
      "{\"id\": 2, \"text\": \"a\", \"y\": [\"b\"]}\n");
  auto built = build(raw);
  CAPTURE(built.err);
  REQUIRE(built.exit_code == 0);
  auto info = test::run_program({mma_prep(), "info", (raw / "x.h5").string()});
  auto log = test::run_program({mma_prep(), "info", (raw / "\x1b[31mred").string()}).err;
  for (auto& text : {built.out, built.err, info.out, log}) {
    CHECK(has(text, "\\x1b[31mred"));
    CHECK(!has(text, "\x1b"));
    CHECK(!has(text, "\xc2\x9b"));
    CHECK(!has(text, "\u202e"));
  }
}

TEST_CASE("mma-prep labels: what no program could open is not written", "[apps]") {
  test::RawData raw;
  write(raw, "kind: multilabel", "t.csv", csv({std::string(100000, 'q'), "b"}));
  auto result = build(raw);
  CHECK(result.exit_code == 2);
  CHECK(has(result.err, "expected a name of at most 1024 bytes, found one of 100000: 'qqq"));
  CHECK(result.err.size() < 1000);
  // The longest that is written is read.
  write(raw, "kind: multilabel", "t.csv", csv({std::string(1024, 'q'), "b"}));
  CHECK(build(raw).exit_code == 0);
  CHECK(test::run_program({mma_prep(), "info", (raw / "x.h5").string()}).exit_code == 0);
  fs::remove(raw / "x.h5");
  // One that would be cut at its zero byte.
  write(raw, "kind: multilabel", "t.jsonl",
        "{\"id\": 1, \"text\": \"a\", \"y\": [\"b\\u0000c\"]}\n");
  CHECK(has(build(raw).err, "found a zero byte in 'b\\x00c'"));
}

TEST_CASE("mma-prep labels: nothing to learn is refused", "[apps]") {
  test::RawData raw;
  write(raw, "kind: multiclass", "t.csv", csv({"p", "p"}));
  CHECK(check(raw).exit_code == 2);
  CHECK(has(check(raw).err, "y: every sample of train is of the class 'p'"));
  write(raw, "kind: multiclass, names: [p, q]", "t.csv", csv({"p", "p"}));
  CHECK(has(check(raw).err, "y: every sample of train is of the class 'p'"));
  write(raw, "kind: multilabel, names: [p, q]", "t.csv", csv({"", ""}));
  CHECK(check(raw).exit_code == 2);
  CHECK(has(check(raw).err, "y: no sample of train has a label"));
}

TEST_CASE("mma-prep labels: names that were joined are told apart", "[apps]") {
  test::RawData raw;
  std::vector<std::string> cells;
  for (int i = 0; i < 64; ++i) {
    std::string cell;
    for (int label = 0; label < 6; ++label)
      if (i >> label & 1) cell += fmt::format("{}g{}", cell.empty() ? "" : "|", label);
    cells.push_back(cell);
  }
  write(raw, "kind: multilabel", "t.csv", csv(cells));
  auto result = check(raw);
  CAPTURE(result.out, result.err);
  CHECK(result.exit_code == 2);
  CHECK(has(result.err,
            "'|' in 57 of 63 labels: 'g0|g1', 'g0|g1|g2', 'g0|g1|g2|g3', ...; write `separator: "
            "\"|\"`, which makes them 6 labels"));
  write(raw, "kind: multilabel, separator: \"|\"", "t.csv", csv(cells));
  result = check(raw);
  CHECK(result.exit_code == 0);
  CHECK(has(result.out, "g5        32  50.0"));
  CHECK(has(result.out, "x: no fault found\n"));
  // A list that was written as text.
  for (std::string cell : {"['drama', 'war']", "[28, 35]", "[]", "('a', 'b')"}) {
    write(raw, "kind: multilabel", "t.csv", csv({"drama", cell}));
    result = check(raw);
    CAPTURE(result.err);
    CHECK(result.exit_code == 2);
    CHECK(has(result.err, "t.csv:3: 1: y: expected names, found the text of a list: '" + cell +
                              "'; write drama|war with `separator: \"|\"`"));
  }
  // Names may hold commas and brackets: a warning, and none where the names are listed.
  write(raw, "kind: multilabel", "t.csv", csv({"Arts, Crafts", "[deleted]", "Food"}));
  result = check(raw);
  CAPTURE(result.err);
  CHECK(result.exit_code == 0);
  CHECK(has(result.err,
            "warning: ',' in 1 of 3 labels: 'Arts, Crafts'; is it a `separator: \",\"`?"));
  CHECK(has(result.err, "warning: brackets: 1 of 3 labels: '[deleted]'"));
  CHECK(has(result.out, "see the warnings"));
}

TEST_CASE("mma-prep labels: bits that were taken for names", "[apps]") {
  test::RawData raw;
  write(raw, "kind: multilabel", "t.jsonl",
        "{\"id\": 1, \"text\": \"a\", \"y\": [0, 1, 0]}\n"
        "{\"id\": 2, \"text\": \"a\", \"y\": [1, 1, 0]}\n");
  CHECK(has(check(raw).err, "y: the labels are '0', '1': one 0 or 1 for each label?"));
}

TEST_CASE("mma-prep labels: many are counted, not listed", "[apps]") {
  test::RawData raw;
  std::vector<std::string> cells{"l7"};
  for (int i = 0; i < 20000; ++i) cells.push_back(fmt::format("l{}", i));
  write(raw, "kind: multilabel", "t.csv", csv(cells));
  raw.write("e.csv", csv({"something else"}).replace(10, 1, "e") + "f,a,x2\n");
  auto result = check(raw);
  CAPTURE(result.out, result.err);
  CHECK(result.exit_code == 0);
  CHECK(std::count(result.out.begin(), result.out.end(), '\n') < 60);
  CHECK(has(result.out, "l7          2  0.0\n"));
  CHECK(has(result.out, "... and 19960 more labels, of 20000\n"));
  CHECK(has(result.err, "warning: a single sample in train: 19999 of 20000 labels: 'l0', 'l1'"));
  CHECK(has(result.err, "20000 labels are many for 20001 samples of train: 1.0 samples a label"));
  // An unknown label does not list all that are known.
  auto yaml = read_file(raw / "data.yaml");
  raw.write("data.yaml", yaml.replace(yaml.find("t.csv"), 5, "t.csv, test: e.csv"));
  result = check(raw);
  CHECK(has(result.err, "unknown label 'something else'"));
  CHECK(has(result.err, "and 19960 more (the labels of train)"));
}
