#include "base/json_file.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "support/cpu_time.h"
#include "support/paths.h"

using namespace mma;
using Catch::Matchers::ContainsSubstring;
using Json = nlohmann::ordered_json;

namespace {
std::string nested(size_t depth) {  // {"a": [[...]]}, so many brackets deep
  return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}
}  // namespace

TEST_CASE("json: an object is read in its order", "[base]") {
  auto json = parse_json_object<Json>(R"({"b": 1, "a": [true, null, "x"]})", "here");
  CHECK(json.dump() == R"({"b":1,"a":[true,null,"x"]})");
}

TEST_CASE("json: what is no object is refused by what it is", "[base]") {
  auto message_of = [](const std::string& text) -> std::string {
    try {
      parse_json_object<Json>(text, "here");
    } catch (const UserError& e) {
      return e.what();
    }
    return "";
  };
  using Case = std::pair<const char*, int>;
  for (auto [text, byte] :
       {Case{"", 1}, {"{", 2}, {"{\"a\": }", 7}, {"{} {}", 4}, {"{\"a\": \"\xff\"}", 8}})
    CHECK(message_of(text) ==
          fmt::format("here: expected a JSON object, found what is not JSON (byte {})", byte));
  CHECK(message_of("{\"a\": 1e999}") == "here: expected a JSON object, found what is not JSON");
  CHECK(message_of("[1]") == "here: expected a JSON object, found array");
  CHECK(message_of("3") == "here: expected a JSON object, found number");
  CHECK(message_of(nested(64)) == "");
  CHECK_THAT(message_of(nested(66)), ContainsSubstring("nested too deeply"));
  CHECK_THAT(message_of(std::string(1 << 20, '[')), ContainsSubstring("nested too deeply"));
  CHECK_THAT(message_of("{\"a\":" + std::string(1 << 20, '[')),
             ContainsSubstring("nested too deeply"));
}

TEST_CASE("json: a key that an object has twice is refused, with its path", "[base]") {
  for (auto text : {R"({"a": 1, "a": 1})", R"({"a": {}, "b": 1, "a": []})"})
    CHECK_THROWS_WITH(parse_json_object<Json>(text, "here"),
                      "here: expected a JSON object without repeated keys, found 'a' twice");
  CHECK_THROWS_WITH(
      parse_json_object<nlohmann::json>(R"({"b": [{"c": 1}, {"c": 1, "c": 2}]})", "x"),
      "x: expected a JSON object without repeated keys, found 'b.c' twice");
  CHECK(parse_json_object<nlohmann::json>(R"({"b": {"a": 1}, "a": {"a": 1}})", "x").dump() ==
        R"({"a":{"a":1},"b":{"a":1}})");
}

TEST_CASE("json: a megabyte of keys is read in time", "[base]") {
  std::string text = "{\"k\":0";
  for (int i = 0; text.size() < 1'000'000; ++i) text += fmt::format(",\"{:x}\":{{}}", i);
  test::CpuTime time;
  CHECK(parse_json_object<Json>(text + "}", "here").size() > 50'000);
  CHECK(time.seconds() < 2);
}

TEST_CASE("json: the depth is the caller's", "[base]") {
  CHECK(parse_json<Json>("[1, [2]]", "here", "a list", 2).dump() == "[1,[2]]");
  CHECK_THROWS_WITH(parse_json<Json>("[1, [[]]]", "here", "a list", 1),
                    "here: expected a list, found values nested too deeply");
}

TEST_CASE("json: a file of more bytes than allowed is not read", "[base]") {
  test::ScratchDir folder;
  auto file = folder / "a.json";
  write_atomically(file, R"({"a": 1})");
  CHECK(read_json_object<Json>(file).size() == 1);
  CHECK_THROWS_AS(read_json_object<Json>(file, 7), UserError);
}
