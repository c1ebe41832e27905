#include "run/predictions_file.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "support/hostile.h"
#include "support/paths.h"

using namespace mma;
using test::refusal;
using Names = std::vector<std::string>;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What reading one line of these labels says against it.
std::string refused(const std::string& line, LabelKind kind = LabelKind::kMultilabel) {
  test::ScratchDir dir;
  write_atomically(dir / "p.jsonl", line + "\n");
  return refusal([&] { read_predictions(dir / "p.jsonl", {"a", "b"}, kind, "again"); });
}

}  // namespace

TEST_CASE("predictions file: real targets come back to the last bit", "[run]") {
  test::ScratchDir dir;
  Predictions p{2, {}, {0.1, 1.0 / 3, -1e-30, 2000}, {0.1f, -3e38f, 1e-40f, 2000}};
  write_predictions(dir / "p.jsonl", {"x", "y"}, {"a", "b\n"}, p);
  CHECK(contains(read_file(dir / "p.jsonl"), R"("labels":{"a":0.1,"b\n":-3e+38},"scores":{"a":)"));
  auto read = read_predictions(dir / "p.jsonl", {"a", "b\n"}, LabelKind::kRegression, "");
  CHECK(read.predictions.targets == p.targets);
  CHECK(read.predictions.scores == p.scores);
  CHECK(read.predictions.truth.empty());
  CHECK(read.predictions.size() == 2);
}

TEST_CASE("predictions file: a line a sample, as it always was", "[run]") {
  test::ScratchDir dir;
  write_predictions(dir / "p.jsonl", {"x", "\"y\""}, {"a", "b\n"},
                    {2, {1, 0, 1, 1}, {0.5, 1.0, 0.0, 0.25}});
  CHECK(
      read_file(dir / "p.jsonl") ==
      "{\"id\":\"x\",\"labels\":[\"a\"],\"scores\":{\"a\":0.5,\"b\\n\":1.0}}\n"
      "{\"id\":\"\\\"y\\\"\",\"labels\":[\"a\",\"b\\n\"],\"scores\":{\"a\":0.0,\"b\\n\":0.25}}\n");
}

TEST_CASE("predictions file: no score changes, the smallest neither", "[run]") {
  test::ScratchDir dir;
  RandomStream random(derive_key(1, "scores"));
  Predictions p{2, {}, {}};
  Names ids;
  for (int i = 0; i < 2000; ++i) {
    ids.push_back(fmt::format("s{}", i));
    p.scores.push_back(static_cast<float>(random.uniform() * std::pow(10.0, -double(i % 40))));
    p.scores.push_back(i % 2 ? 1.0f / (3.0f + static_cast<float>(i)) : 1e-45f);
    p.truth.insert(p.truth.end(), {1, 0});
  }
  write_predictions(dir / "p.jsonl", ids, {"a", "b"}, p);
  auto read = read_predictions(dir / "p.jsonl", {"a", "b"}, LabelKind::kMultilabel, "");
  CHECK(read.ids == ids);
  CHECK(read.predictions.truth == p.truth);
  CHECK(read.predictions.scores == p.scores);
}

TEST_CASE("predictions file: a score takes no more digits than fp32 tells apart", "[run]") {
  test::ScratchDir dir;
  write_predictions(dir / "p.jsonl", {"x"}, {"a"}, {1, {1}, {0.1f}});
  CHECK(contains(read_file(dir / "p.jsonl"), "{\"a\":0.1}"));
}

TEST_CASE("predictions file: labels in another order, and members that are not known", "[run]") {
  test::ScratchDir dir;
  write_atomically(dir / "p.jsonl",
                   "{\"scores\":{\"b\":0.25,\"a\":1},\"more\":{\"id\":[1,{}]},\"labels\":[\"b\"],"
                   "\"id\":\"x\"}\n{\"id\":\"y\",\"labels\":[],\"scores\":{\"a\":1e-3,\"b\":0}}");
  auto read = read_predictions(dir / "p.jsonl", {"a", "b"}, LabelKind::kMultilabel, "");
  CHECK(read.ids == Names{"x", "y"});
  CHECK(read.predictions.scores == std::vector<float>{1, 0.25f, 0.001f, 0});
  CHECK(read.predictions.truth == std::vector<uint8_t>{0, 1, 0, 0});
}

TEST_CASE("predictions file: what is wrong is told with its line", "[run]") {
  CHECK(contains(refused(R"({"id":"x","labels":[],"scores":{"a":1,"b":2,"a":3}})"),
                 "p.jsonl:1: scores: 'a' is given twice"));
  CHECK(contains(refused(R"({"id":"x","id":"y","labels":[],"scores":{"a":1,"b":2}})"),
                 "id is given twice"));
  CHECK(contains(refused(R"({"id":"x","labels":["a","a"],"scores":{"a":1,"b":2}})"),
                 "labels: 'a' is given twice"));
  CHECK(contains(refused(R"({"id":1,"labels":[],"scores":{"a":1,"b":2}})"), "id: expected a text"));
  CHECK(contains(refused(R"({"labels":[],"scores":{"a":1,"b":2}})"), "id is missing"));
  CHECK(contains(refused(R"({"id":"x","labels":{},"scores":{"a":1,"b":2}})"),
                 "labels: expected a list of words"));
  CHECK(contains(refused(R"({"id":"x","labels":[["a"]],"scores":{"a":1,"b":2}})"),
                 "labels: expected a list of words"));
  CHECK(
      contains(refused(R"({"id":"x","labels":[],"scores":[1,2]})"), "scores: expected a mapping"));
  CHECK(contains(refused(R"({"id":"x","labels":[],"scores":{"a":1}})"),
                 "scores: expected one for each of the model's 2 labels, found 1"));
  CHECK(contains(refused(R"({"id":"x","labels":[],"scores":{"a":1,"b":[2]}})"),
                 "no number for label 'b'"));
  CHECK(contains(refused(R"({"id":"x","labels":[],"scores":{"a":1,"b":1e999}})"), "not JSON"));
  CHECK(contains(
      refused(R"({"id":"x","labels":["a","b"],"scores":{"a":1,"b":2}})", LabelKind::kMulticlass),
      "expected one class, found 2"));
  const auto real = LabelKind::kRegression;
  CHECK(refused(R"({"id":"x","labels":{"a":1,"b":-2},"scores":{"b":1,"a":2}})", real) == "");
  CHECK(contains(refused(R"({"id":"x","labels":["a"],"scores":{"a":1,"b":2}})", real),
                 "labels: expected a mapping to numbers"));
  CHECK(contains(refused(R"({"id":"x","labels":"a","scores":{"a":1,"b":2}})", real),
                 "labels: expected a mapping to numbers"));
  CHECK(contains(refused(R"({"id":"x","labels":{"a":1},"scores":{"a":1,"b":2}})", real),
                 "labels: expected one for each of the model's 2 labels, found 1"));
  CHECK(contains(refused(R"({"id":"x","labels":{"a":1,"b":"2"},"scores":{"a":1,"b":2}})", real),
                 "labels: no number for label 'b'"));
  CHECK(contains(refused(R"({"id":"x","labels":{"a":1,"b":1e39},"scores":{"a":1,"b":2}})", real),
                 "labels: 'b': 1e+39 is beyond float32"));
  CHECK(contains(refused(R"({"id":"x","labels":{"a":1,"a":2},"scores":{"a":1,"b":2}})", real),
                 "labels: 'a' is given twice"));
  CHECK(contains(refused(R"({"id":"x","labels":{"a":1,"b":2},"scores":{"a":1}})", real),
                 "scores: expected one for each of the model's 2 labels, found 1"));
  CHECK(contains(refused(R"({"id":"x","scores":{"a":1,"b":2}})"), "from an older version: again"));
  CHECK(contains(refused("[1]"), "expected a JSON object, found array"));
  CHECK(contains(refused("7"), "expected a JSON object, found number"));
  CHECK(contains(refused(R"({"x":)" + std::string(100, '[')), "nested deeper"));
  CHECK(contains(refused(""), "not JSON"));
  test::ScratchDir dir;
  write_atomically(dir / "p.jsonl", "");
  CHECK(contains(
      refusal([&] { read_predictions(dir / "p.jsonl", {"a"}, LabelKind::kMultilabel, ""); }),
      "no predictions in it"));
}
