// mma-bench measures what mma-train does: on a pack, on random texts, and two results side by side.
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "support/demo_pack.h"

using namespace mma;
using Catch::Approx;
using Json = nlohmann::json;

namespace {

Json measured(const test::DemoPack& demo, std::vector<std::string> more) {
  auto file = demo.dir / "result.json";
  std::vector<std::string> command{test::program("mma-bench"),
                                   demo.recipe("bench",
                                               "precision: fp32\ndevice: cpu\nmodalities: [video]\n"
                                               "model: {name: mm_adapter, bottleneck: 8}\n"
                                               "optim: {batch_size: 4}\n")
                                       .string(),
                                   "--backbone",
                                   demo.backbone.string(),
                                   "--steps",
                                   "3",
                                   "--warm",
                                   "1",
                                   "--json",
                                   file.string()};
  command.insert(command.end(), more.begin(), more.end());
  auto result = test::run_program(command);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return Json::parse(read_file(file));
}

}  // namespace

TEST_CASE("mma-bench: the parts add up to the step, on a pack and on random texts", "[apps]") {
  test::DemoPack demo({.train = 24, .dev = 8, .test = 8, .seed = 1});
  for (auto& more : {std::vector<std::string>{"--data", demo.pack.string()},
                     std::vector<std::string>{"--length", "20", "--widths", "5,7"}}) {
    auto result = measured(demo, more);
    CAPTURE(result.dump());
    double sum = 0;
    for (auto& [part, milliseconds] : result["parts"].items()) {
      CHECK(milliseconds.get<double>() >= 0);
      sum += milliseconds.get<double>();
    }
    const double step = result["milliseconds_per_step"];
    CHECK(sum == Approx(step).epsilon(0.02).margin(0.2));
    for (auto* part : {"attention", "feed-forward", "adapters", "optimizer", "classifier"})
      CHECK(result["parts"][part].get<double>() > 0);
    CHECK(result["parts"]["other"].get<double>() < 0.5 * step);
  }
}

TEST_CASE("mma-bench: what --json holds, and how its figures belong together", "[apps]") {
  test::DemoPack demo({.train = 24, .dev = 8, .test = 8, .seed = 1});
  auto result = measured(demo, {"--length", "20", "--threads", "1"});
  CAPTURE(result.dump());
  std::set<std::string> keys;
  for (auto& [key, value] : result.items()) keys.insert(key);
  CHECK(keys == std::set<std::string>{"recipe", "model", "device", "batch_size", "steps",
                                      "tokens_per_sample", "milliseconds_per_step",
                                      "samples_per_second", "tokens_per_second", "matrix_peak",
                                      "matrix_peak_share", "peak_memory_bytes", "parts"});
  CHECK(result["model"] == "mm_adapter");
  CHECK(result["batch_size"] == 4);
  CHECK(result["steps"] == 3);
  CHECK(result["tokens_per_sample"] == 20);
  const double samples = result["samples_per_second"];
  CHECK(samples == Approx(4e3 / result["milliseconds_per_step"].get<double>()));
  CHECK(result["tokens_per_second"].get<double>() == Approx(20 * samples));
  CHECK(result["matrix_peak"].get<double>() > 1e8);
  CHECK(result["matrix_peak_share"].get<double>() > 0);
  CHECK(result["matrix_peak_share"].get<double>() < 1);
  CHECK(result["peak_memory_bytes"].get<double>() > 1e7);
}

TEST_CASE("mma-bench compare: each figure that both have, and after divided by before", "[apps]") {
  test::ScratchDir dir;
  auto written = [&](const char* name, const char* text) {
    write_atomically(dir / name, text);
    return (dir / name).string();
  };
  auto before = written("before.json",
                        R"({"model": "a", "steps": 3, "samples_per_second": 8, "gone": 1,
                            "parts": {"attention": 4, "idle": 0, "lost": 1}})");
  auto after = written("after.json",
                       R"({"model": "b", "steps": 3, "samples_per_second": 10, "new": 1,
                           "parts": {"attention": 3, "idle": 2, "found": 1}})");
  auto compare = [](const std::string& a, const std::string& b) {
    return test::run_program({test::program("mma-bench"), "compare", a, b});
  };
  auto result = compare(before, after);
  CHECK(result.exit_code == 0);
  CHECK(result.out ==
        "| | before | after | after / before |\n"
        "| --- | ---: | ---: | ---: |\n"
        "| steps | 3.00 | 3.00 | 1.00 |\n"
        "| samples_per_second | 8.00 | 10.00 | 1.25 |\n"
        "| attention, ms | 4.00 | 3.00 | 0.75 |\n"
        "| idle, ms | 0.00 | 2.00 | - |\n");
  auto other = written("other.json", "[1]");
  auto refused = compare(before, other);
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find(other + ": expected a result of mma-bench --json") != std::string::npos);
  CHECK(test::run_program({test::program("mma-bench"), "compare", before}).exit_code == 2);
}
