#include "run/errors_file.h"

#include <catch2/catch_test_macros.hpp>

#include "base/files.h"
#include "support/paths.h"

using namespace mma;

TEST_CASE("errors file: a line a wrong decision, with truth, prediction and text", "[run]") {
  test::ScratchDir dir;
  auto file = dir / "errors.jsonl";
  auto text_of = [](size_t row) { return row == 0 ? std::string("a \"text\"\n") : ""; };
  CHECK(write_errors(file, {"x", "y"}, {"drama", "war"}, {2, {1, 0, 1, 0}, {.75, .75, .125, .25}},
                     LabelKind::kMultilabel, {text_of}) == 2);
  CHECK(read_file(file) ==
        "{\"id\":\"y\",\"label\":\"drama\",\"truth\":true,\"predicted\":false,\"score\":0.125}\n"
        "{\"id\":\"x\",\"label\":\"war\",\"truth\":false,\"predicted\":true,\"score\":0.75,"
        "\"text\":\"a \\\"text\\\"\\n\"}\n");
  CHECK(read_error_gates(file).empty());
  // With gates, of the inputs that each sample has.
  auto gates_of = [](size_t row) {
    return row == 0 ? SampleGates{{"text", 0.25}, {"video", 0.75}} : SampleGates{{"text", 1.0}};
  };
  write_errors(file, {"x", "y"}, {"drama", "war"}, {2, {1, 0, 1, 0}, {.75, .75, .125, .25}},
               LabelKind::kMultilabel, {text_of, gates_of});
  CHECK(read_file(file).find("\"score\":0.75,\"gates\":{\"text\":0.25,\"video\":0.75},\"text\":") !=
        std::string::npos);
  const auto gates = read_error_gates(file);
  CHECK(gates.at("x") == gates_of(0));
  CHECK(gates.at("y") == gates_of(1));
  for (auto* damaged :
       {"{\"id\":\"x\",\"gates\":[1]}\n", "{\"id\":\"x\",\"gates\":{\"text\":\"1\"}}\n",
        "{\"gates\":{}}\n", "{\"id\":\"x\"\n"}) {
    write_atomically(file, damaged);
    CHECK_THROWS_AS(read_error_gates(file), UserError);
  }
  write_errors(file, {"x", "y"}, {"drama", "war"}, {2, {1, 0, 1, 0}, {.75, .25, .125, .875}},
               LabelKind::kMulticlass, {});
  CHECK(read_file(file) ==
        "{\"id\":\"y\",\"truth\":\"drama\",\"predicted\":\"war\",\"score\":0.875}\n");
  write_errors(file, {"x", "y"}, {"mood"}, {1, {}, {0.5, 2}, {-1, 2}}, LabelKind::kRegression, {});
  CHECK(read_file(file) ==
        "{\"id\":\"x\",\"target\":\"mood\",\"truth\":-1.0,\"predicted\":0.5,\"error\":1.5}\n");
  // Without errors it is empty, and says so.
  CHECK(write_errors(file, {"x"}, {"war"}, {1, {1}, {.75}}, LabelKind::kMultilabel, {}) == 0);
  CHECK(read_file(file) == "");
}

TEST_CASE("errors file: ten thousand at most", "[run]") {
  test::ScratchDir dir;
  std::vector<std::string> ids(20'000, "s");
  Predictions p{1, std::vector<uint8_t>(20'000, 0), {}};
  p.scores.assign(20'000, 0.75);
  CHECK(write_errors(dir / "e", ids, {"war"}, p, LabelKind::kMultilabel, {}) == kMostErrors);
}
