#include "data/table.h"

#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "support/hostile.h"
#include "support/paths.h"

using namespace mma;
using namespace std::string_literals;

namespace {

// Rows and faults in a short form: "line{name=text;name=[a|b]}", "!line: fault".
std::string read(const std::string& name, const std::string& bytes,
                 const std::string& delimiter = "") {
  test::ScratchDir dir;
  write_atomically(dir / name, bytes);
  std::string out;
  auto after = [&](const std::string& text) {
    return text.substr((dir / name).string().size() + 1);
  };
  read_table(
      dir / name, {delimiter},
      [&](Row&& row) {
        out += after(row.where) + "{";
        for (auto& [key, cell] : row.cells) {
          auto list = fmt::format("[{}]", fmt::join(cell.list, "|"));
          out += fmt::format("{}={};", key, cell.is_list ? list : cell.text);
        }
        out += '}';
      },
      [&](const std::string& message) { out += fmt::format("!{}", after(message)); });
  return out;
}
std::string refused(const std::string& name, const std::string& bytes,
                    const std::string& delimiter = "") {
  return test::refusal([&] { read(name, bytes, delimiter); });
}

}  // namespace

TEST_CASE("table: jsonl", "[data]") {
  CHECK(read("a.jsonl",
             "\xef\xbb\xbf{\"a\": \"x\", \"n\": 1.50, \"b\": true, \"z\": null}\r\n\n{\"a\": "
             "\"y\"}") == "1{a=x;b=true;n=1.50;}3{a=y;}");
  CHECK(
      read(
          "a.jsonl",
          R"({"l": ["a", 1, 1e5, false], "e": [], "d": {"k": [1, {"q": "\"x"}], "m": {}}, "ll": [["a"], "b"]})") ==
      R"(1{d={"k":[1,{"q":"\"x"}],"m":{}};e=[];l=[a|1|1e5|false];ll=[["a"],"b"];})");
  CHECK(read("a.jsonl", R"({"a": 2, "big": 123456789012345678901234567890})") ==
        "1{a=2;big=123456789012345678901234567890;}");
  CHECK(read("a.jsonl", R"({"a": "A\u00e9\ud83d\ude00"})") == "1{a=Aé😀;}");
  CHECK(read("a.jsonl", "{\"a\": 1\n{\"a\": 2}\n[1]\n7\n{\"a\": \"\xff\"}\n{} x\n") ==
        "!1: expected a JSON object, found no JSON at character 8"
        "2{a=2;}"
        "!3: expected a JSON object, found a list"
        "!4: expected a JSON object, found something else"
        "!5: expected UTF-8, found other bytes"
        "!6: expected a JSON object, found no JSON at character 4");
  CHECK(read("a.jsonl", "{\"a\":" + std::string(100000, '[') + "\n") ==
        "!1: expected a JSON object, found values nested too deeply");
  CHECK(read("a.jsonl",
             "{\"a\": 1, \"b\": {\"a\": 1}}\n{\"a\": null, \"a\": 2}\n"
             "{\"b\": [{\"c\": 1}, {\"c\": 1, \"c\": 1}]}\n") ==
        "1{a=1;b={\"a\":1};}"
        "!2: expected a JSON object, found the key 'a' twice"
        "!3: expected a JSON object, found the key 'c' twice");
  CHECK(read("a.jsonl", "") == "");
  CHECK(refused("a.jsonl", "{\"a\": \"" + std::string(size_t{17} << 20, 'x'))
            .find("a.jsonl:1: a line of more than") != std::string::npos);
}

TEST_CASE("table: csv and tsv", "[data]") {
  CHECK(read("a.csv", "\xef\xbb\xbfid,text\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n2,plain \"q\"\n3,") ==
        "2{id=1;text=a, \"b\"\r\nc;}4{id=2;text=plain \"q\";}5{id=3;text=;}");
  CHECK(read("a.tsv", "id\ttext\n1\ta,b\n\n2\t\"x\ty\"\n") ==
        "2{id=1;text=a,b;}4{id=2;text=x\ty;}");
  CHECK(read("a.csv", "a;b\n1;2\n", ";") == "2{a=1;b=2;}");
  CHECK(read("a.txt", "a\tb\n1\t2\n", "tab") == "2{a=1;b=2;}");
  CHECK(read("a.csv", "a,b\n1\n1,2,3\n1,\"2\"x\n\xff,1\n5,6\n7,\"8\n") ==
        "!2: expected 2 fields, found 1!3: expected 2 fields, found 3!4: found text behind a "
        "closing quote"
        "!5: expected UTF-8, found other bytes6{a=5;b=6;}!7: found a quote that is never closed");
  CHECK(refused("a.csv", "").find("first row") != std::string::npos);
  CHECK(refused("a.csv", "a,a\n").find("two columns are named 'a'") != std::string::npos);
  CHECK(refused("a.csv", "a\xff\n").find("first row") != std::string::npos);
  CHECK(refused("a.csv", "a,b\n", ",,").find("one character") != std::string::npos);
  CHECK(refused("a.csv", "a,b\n", "\"").find("one character") != std::string::npos);
  CHECK(refused("a.txt", "a,b\n").find("expected a table") != std::string::npos);
  CHECK(refused("a.csv", "a,b\n1,\"" + std::string(size_t{17} << 20, 'x'))
            .find(":2: a row of more than") != std::string::npos);
  CHECK(refused("a.csv", "a,b\n" + std::string(size_t{17} << 20, ','))
            .find(":2: a row of more than") != std::string::npos);
}

TEST_CASE("table: pickles", "[data]") {
  CHECK(read("a.p",
             "](}(U\x01"
             "aX\x01\0\0\0xU\x01nK\x07U\x01"
             "fG?\xf8\0\0\0\0\0\0U\x01l](U\x01pK\x01"
             "eU\x01zNu}U\x01"
             "a\x88se."s) == " row 1{a=x;f=1.5;l=[p|1];n=7;} row 2{a=true;}");
  CHECK(read("a.pickle",
             "}(U\x02t1}U\x01"
             "aK\x01sU\x02t2}(U\x02idU\x03own\x8c\x01"
             "a](]K\x01"
             "a}eu\x8c\x02t3}u."s) == " row 1{a=1;id=t1;} row 2{a=[[1],{}];id=own;} row 3{id=t3;}");
  CHECK(read("a.p",
             "](K\x01}K\x01NsU\x01x}U\x01"
             "aU\x01\xffs}U\x01"
             "aNse."s) ==
        "! row 1: expected a dict, found something else! row 2: expected names of text as keys, "
        "found something else"
        "! row 3: expected a dict, found something else! row 4: expected text in UTF-8, found "
        "other bytes row 5{}");
  CHECK(refused("a.p", "K\x01.").find("list of dicts") != std::string::npos);
  CHECK(refused("a.p",
                "](}U\x01"
                "acposix\nsystem\n(U\x02lstRse.")
            .find("'posix.system'") != std::string::npos);
}

TEST_CASE("table: what values were", "[data]") {
  auto kinds = [](const std::string& name, const std::string& bytes) {
    test::ScratchDir dir;
    write_atomically(dir / name, bytes);
    std::string out;
    read_table(
        dir / name, {},
        [&](Row&& row) {
          for (auto& [key, cell] : row.cells) {
            auto all = cell.is_list ? cell.kinds : std::vector{cell.kind};
            CHECK(cell.kinds.size() == cell.list.size());
            for (auto kind : all) out += "tnb0["[static_cast<size_t>(kind)];
            out += ' ';
          }
        },
        [&](const std::string& message) { FAIL(message); });
    return out;
  };
  CHECK(kinds("a.jsonl", R"({"a": "x", "b": 1, "c": 1.5, "d": true, "e": {}, "f": [[1]]})") ==
        "t n n b [ [ ");
  CHECK(kinds("a.jsonl", R"({"a": ["x", 1, 1e9, false, null], "b": [], "c": ["y"]})") ==
        "tnnb0  t ");
  CHECK(kinds("a.csv", "a,b\nnull,1\n") == "t t ");
  CHECK(kinds("a.p",
              "](}(U\x01"
              "aX\x01\0\0\0xU\x01nK\x07U\x01"
              "fG?\xf8\0\0\0\0\0\0U\x01l](U\x01pK\x01N\x88"
              "eU\x01t\x88U\x01z]]aue."s) == "t n tn0b n b [ ");
}

TEST_CASE("table: truncations and flips", "[data]") {
  std::string json = "{\"id\": \"a\", \"l\": [1, \"x\"], \"d\": {\"k\": 1.5}}\n{\"id\": \"b\"}\n";
  std::string csv = "id,text\n1,\"a, \"\"b\"\"\nc\"\n2,x\n";
  std::string pickle =
      "](}(U\x01"
      "aX\x01\0\0\0xU\x01nK\x07U\x01"
      "fG?\xf8\0\0\0\0\0\0U\x01l](U\x01pK\x01"
      "eU\x01zNu}U\x01"
      "a\x88se."s;
  test::flip_bytes(json, 500, [](const std::string& bytes) { read("a.jsonl", bytes); });
  test::flip_bytes(csv, 500, [](const std::string& bytes) { read("a.csv", bytes); });
  test::flip_bytes(pickle, 1000, [](const std::string& bytes) { read("a.p", bytes); });
  test::refuse_truncations(pickle, [](const std::string& bytes) { read("a.p", bytes); });
  test::refusal([] {
    read_table(
        "/no/such/file.csv", {}, [](Row&&) {}, [](const std::string&) {});
  });
}

TEST_CASE("table: the reference's tables", "[data][parity]") {
  for (std::string set : {"movies", "mosi"})
    for (std::string split : {"train", "dev", "test"}) {
      int64_t rows = 0;
      read_table(
          test::shared("data/" + set + "/" + split + ".jsonl"), {},
          [&](Row&& row) { rows += row.cells.size() > 2; }, [](const std::string& m) { FAIL(m); });
      CHECK(rows > 100);
    }
}
