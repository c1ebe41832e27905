// A long run stays as it began: memory does not grow, and nothing reaches for the network.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.h"
#include "support/demo_pack.h"

using namespace mma;
using Json = nlohmann::json;

namespace {

constexpr const char* kRecipe = R"(precision: fp32
device: cpu
modalities: [video, metadata]
model: {name: mm_adapter, bottleneck: 8}
optim: {lr: 1.0e-3, batch_size: 8}
train: {epochs: 100, report_every: 1, patience: 0}
)";

}  // namespace

TEST_CASE("steady: memory stays the same from the second epoch to the hundredth",
          "[apps][steady]") {
#ifdef __SANITIZE_ADDRESS__
  SKIP("the sanitizer keeps freed memory for a while");
#endif
  test::DemoPack d({.train = 32, .dev = 16, .test = 8, .seed = 1});
  auto growth = [&](const std::string& name, const std::vector<std::string>& more) {
    auto result = d.train(d.recipe(name, kRecipe), d.dir / name, more);
    CAPTURE(result.err);
    REQUIRE(result.exit_code == 0);
    std::istringstream lines(read_file(d.dir / name / "metrics.jsonl"));
    int64_t second = 0, last = 0;
    for (std::string text; std::getline(lines, text);) {
      auto line = Json::parse(text);
      if (!line.contains("peak_memory_bytes")) continue;
      if (line["epoch"] == 2) second = line["peak_memory_bytes"];
      last = line["peak_memory_bytes"];
    }
    REQUIRE(second > 0);
    return last - second;
  };
  // One batch an epoch has the same number of tokens each time: nothing may grow but by a page.
  CHECK(growth("same", {"--set", "optim.batch_size=32"}) <= int64_t{256} << 10);
  // For each new number of tokens oneDNN makes code and descriptions: of the code it keeps 64
  // pieces (nn/memory.h), of the descriptions each. Full after 400 epochs at
  // 10 MB here, 1 to 3 of them in these; without that limit 20 MB.
  CHECK(growth("lengths", {}) <= int64_t{6} << 20);
}

TEST_CASE("steady: a run of one process opens no network socket", "[apps][steady]") {
  if (test::run_program({"sh", "-c", "strace -V"}).exit_code != 0) SKIP("no strace here");
  test::DemoPack d({.train = 16, .dev = 8, .test = 8, .seed = 1});
  auto recipe = d.recipe("short", std::string(kRecipe) + "seed: 2\n");
  auto trace = (d.dir / "trace").string();
  std::vector<std::string> command{"strace", "-f", "-e", "trace=socket,connect,bind", "-o", trace};
  for (auto& word : d.train_command(recipe, d.dir / "run", {"--set", "train.epochs=1"}))
    command.push_back(word);
  auto result = test::run_program(command);
  if (result.err.find("ptrace") != std::string::npos) SKIP("strace may not trace here");
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  auto calls = read_file(trace);
  CAPTURE(calls);
  CHECK(calls.find("AF_INET") == std::string::npos);
}
