// mma-bench measures what mma-train does: on a pack, on random texts, and two results side by side.
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "support/demo_pack.h"

using namespace mma;
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
  auto result = test::run_single(command);
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
    for (auto& [part, milliseconds] : result["parts"].items()) sum += milliseconds.get<double>();
    const double step = result["milliseconds_per_step"];
    CHECK(sum >= step);         // what lies between the steps is in it, too
    CHECK(sum < 3 * step + 5);  // the assembly of a batch
    for (auto* part : {"attention", "feed-forward", "adapters", "optimizer", "classifier"})
      CHECK(result["parts"][part].get<double>() > 0);
    CHECK(std::abs(result["samples_per_second"].get<double>() - 4e3 / step) < 1e-6 * 4e3 / step);
  }
  CHECK(measured(demo, {"--length", "20"})["tokens_per_sample"] == 20);
  auto file = (demo.dir / "result.json").string();
  auto compared = test::run_single({test::program("mma-bench"), "compare", file, file});
  CHECK(compared.exit_code == 0);
  CHECK(compared.out.find("| samples_per_second |") != std::string::npos);
  CHECK(compared.out.find("| 1.00 |") != std::string::npos);
  CHECK(test::run_single({test::program("mma-bench"), "compare", file}).exit_code == 2);
}
