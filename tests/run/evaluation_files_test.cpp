#include "run/evaluation_files.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>

#include "base/error.h"
#include "base/files.h"
#include "run/metrics_log.h"
#include "support/hostile.h"
#include "support/paths.h"

using namespace mma;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

namespace {

const char* const kGates =
    R"({"overall": {"text": 0.25, "video": 0.75},
        "labels": {"war": {"text": 0.5, "video": 0.5}, "drama": {"text": null, "video": 1}}})";
const char* const kSubsets =
    R"([{"inputs": "text+video", "modalities": ["video"], "f1_micro": 0.5, "ap_micro": null,
         "labels": {"war": {"f1": 0, "average_precision": 0.5, "auroc": null},
                    "drama": {"f1": 1, "average_precision": null, "auroc": 0.5}}},
        {"inputs": "text", "modalities": [], "f1_micro": 0.25, "ap_micro": 0.125,
         "labels": {"war": {"average_precision": 0.25}, "drama": {"average_precision": 1}}}])";

struct Files {
  test::ScratchDir dir;
  fs::path write(const std::string& text) const {
    write_atomically(dir / "file.json", text);
    return dir / "file.json";
  }
};

}  // namespace

TEST_CASE("evaluation files: gates in the model's order of labels", "[run]") {
  Files files;
  auto gates = read_gates(files.write(kGates), {"war", "drama"});
  REQUIRE(gates);
  CHECK(gates->inputs == Names{"text", "video"});
  CHECK(gates->overall == std::vector<double>{0.25, 0.75});
  CHECK(gates->labels[0] == std::vector<double>{0.5, 0.5});
  CHECK(std::isnan(gates->labels[1][0]));
  CHECK(gates->labels[1][1] == 1);
  CHECK(gates->sites.empty());  // of a version that did not keep them apart
  CHECK(!read_gates(files.dir / "none.json", {"war"}));
}

TEST_CASE("evaluation files: gates of each place in the encoder", "[run]") {
  Files files;
  std::string text = kGates;
  text.insert(text.rfind('}'),
              R"(, "sites": [{"site": "1 attention", "gates": {"text": 0.125, "video": null}},
                             {"site": "1 output", "gates": {"text": 1, "video": 0}}])");
  auto gates = read_gates(files.write(text), {"war", "drama"});
  REQUIRE(gates->sites.size() == 2);
  CHECK(gates->sites[0].first == "1 attention");
  CHECK(gates->sites[0].second[0] == 0.125);
  CHECK(std::isnan(gates->sites[0].second[1]));
  CHECK(gates->sites[1].second == std::vector<double>{1, 0});
  for (auto* bad : {R"("1 attention")", R"({"site": 1, "gates": {}})", R"({"site": "x"})",
                    R"({"site": "x", "gates": {"text": 1}})",
                    R"({"site": "x", "gates": {"text": 1, "video": "y"}})"}) {
    std::string broken = kGates;
    broken.insert(broken.rfind('}'), std::string(R"(, "sites": [)") + bad + "]");
    CHECK_THROWS_AS(read_gates(files.write(broken), {"war", "drama"}), UserError);
  }
}

TEST_CASE("evaluation files: subsets with metrics and average precisions", "[run]") {
  Files files;
  auto subsets = read_subsets(files.write(kSubsets), {"war", "drama"});
  REQUIRE(subsets.size() == 2);
  CHECK(subsets[0].modalities == Names{"video"});
  CHECK(subsets[0].metrics.at(0) == std::pair<std::string, double>{"f1_micro", 0.5});
  CHECK(std::isnan(metric(subsets[0].metrics, "ap_micro")));
  CHECK(subsets[0].average_precision[0] == 0.5);
  CHECK(std::isnan(subsets[0].average_precision[1]));
  CHECK(subsets[1].average_precision == std::vector<double>{0.25, 1});
  CHECK(read_subsets(files.dir / "none.json", {"war"}).empty());
}

TEST_CASE("evaluation files: what is not of this model or damaged is refused", "[run]") {
  Files files;
  auto refused = [&](const std::string& text, bool gates, const std::string& what) {
    auto file = files.write(text);
    auto read = [&] {
      if (gates)
        read_gates(file, {"war", "drama"});
      else
        read_subsets(file, {"war", "drama"});
    };
    CHECK_THROWS_MATCHES(read(), UserError, MessageMatches(ContainsSubstring(what)));
  };
  refused("[]", true, "expected a JSON object");
  refused("{}", true, "overall: expected a mapping");
  refused(R"({"overall": {}, "labels": {}})", true, "expected 1 to");
  refused(R"({"overall": {"text": "x"}, "labels": {}})", true, "expected a number or null");
  refused(R"({"overall": {"text": 1}, "labels": {"war": {"text": 1}}})", true, "the model's 2");
  refused(R"({"overall": {"text": 1}, "labels": {"war": {"text": 1}, "x": {"text": 1}}})", true,
          "expected 'drama', found 'x'");
  refused(R"({"overall": {"text": 1}, "labels": {"war": {"text": 1}, "drama": {}}})", true,
          "a figure for each");
  refused("{}", false, "a list of subsets");
  refused("[]", false, "a list of subsets");
  refused("[1]", false, ": 1: expected a mapping");
  refused(R"([{"labels": {}}])", false, "modalities: expected a list");
  refused(R"([{"modalities": [1], "labels": {}}])", false, "modalities: expected a list");
  refused(R"([{"modalities": [], "labels": {"war": {}, "drama": {}}}])", false,
          "average_precision is missing");
}

TEST_CASE("evaluation files: truncated or with other bytes", "[run]") {
  Files files;
  auto gates = [&](const std::string& text) { read_gates(files.write(text), {"war", "drama"}); };
  auto subsets = [&](const std::string& text) {
    read_subsets(files.write(text), {"war", "drama"});
  };
  test::refuse_truncations(kGates, gates);
  test::refuse_truncations(kSubsets, subsets);
  test::flip_bytes(kGates, 300, gates);
  test::flip_bytes(kSubsets, 300, subsets);
}

TEST_CASE("metrics.jsonl: the course of training", "[run]") {
  Files files;
  auto log = read_training_log(
      files.write("{\"step\":2,\"epoch\":1,\"loss\":0.5,\"lr\":0.25,\"samples_per_second\":1}\n"
                  "{\"step\":2,\"epoch\":1,\"split\":\"dev\",\"loss\":null,\"ap_micro\":0.75}\n"));
  REQUIRE(log.steps.size() == 1);
  CHECK(log.steps[0].step == 2);
  CHECK(log.steps[0].loss == 0.5);
  CHECK(log.steps[0].lr == 0.25);
  REQUIRE(log.evaluations.size() == 1);
  CHECK(log.evaluations[0].split == "dev");
  CHECK(std::isnan(log.evaluations[0].loss));
  CHECK(log.evaluations[0].metrics == Metrics{{"ap_micro", 0.75}});
  for (auto* line :
       {R"({"loss":1,"lr":1})", R"({"step":-1,"loss":1,"lr":1})", R"({"step":1,"loss":"x","lr":1})",
        R"({"step":1,"split":3,"loss":1})", R"({"step":1,"split":"dev","loss":1,"f1":"x"})"})
    CHECK_THROWS_AS(read_training_log(files.write(line)), UserError);
}
