#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "support/demo_pack.h"
#include "support/same_run.h"

using namespace mma;
using Json = nlohmann::json;

namespace {

struct ExtendDemo : test::DemoPack {
  ExtendDemo() : DemoPack({.train = 80, .dev = 16, .test = 8, .seed = 1}) {
    file = recipe("recipe",
                  "precision: fp32\ndevice: cpu\nmodalities: [video]\n"
                  "model: {name: mm_adapter, bottleneck: 8}\noptim: {lr: 3.0e-3, batch_size: 8}\n"
                  "train: {epochs: 1, report_every: 1, patience: 0}\n"
                  "checkpoint: {every_steps: 3}\n");
  }
  test::ProgramResult extended(const fs::path& out, int epochs,
                               const std::function<void(pid_t)>& meanwhile = {}) const {
    return train(file, out, {"--extend", "--set", fmt::format("train.epochs={}", epochs)},
                 meanwhile);
  }
  fs::path file;
};

Json run_json(const fs::path& run) { return Json::parse(read_file(run / "run.json", 1 << 20)); }

}  // namespace

TEST_CASE("extend: a finished run goes on, killed or not, to the same bytes", "[apps]") {
  ExtendDemo demo;
  auto whole = demo.dir / "whole", broken = demo.dir / "broken";
  REQUIRE(demo.train(demo.file, whole).exit_code == 0);
  fs::copy(whole, broken, fs::copy_options::recursive);
  auto first_lines = test::timeless_metrics(whole / "metrics.jsonl");
  REQUIRE(demo.evaluate(whole).exit_code == 0);
  CHECK(fs::exists(whole / "eval/test"));

  auto result = demo.extended(whole, 3);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  CHECK(result.err.find("extended: train.epochs from 1 to 3") != std::string::npos);
  CHECK(result.err.find("going on from step 10 of 30") != std::string::npos);
  CHECK(run_json(whole)["status"] == "finished");
  CHECK(run_json(whole)["extended"] ==
        Json::parse(R"([{"key": "train.epochs", "before": "1", "now": "3"}])"));
  CHECK_FALSE(fs::exists(whole / "eval/test"));  // it was of the model before
  auto lines = test::timeless_metrics(whole / "metrics.jsonl");
  REQUIRE(lines.size() == 3 * first_lines.size());
  CHECK(std::equal(first_lines.begin(), first_lines.end(), lines.begin()));

  for (int step : {12, 19, 27}) {
    auto killed = demo.extended(
        broken, 3,
        test::signal_after(broken, step + step / 10 + 1, step == 19 ? SIGTERM : SIGKILL));
    CHECK(killed.exit_code > 128);
  }
  CHECK(demo.extended(broken, 3).exit_code == 0);
  test::check_same_run(broken, whole);
  CHECK(run_json(broken)["extended"] == run_json(whole)["extended"]);
  // There is nothing left to do, with the flag and without.
  CHECK(demo.extended(broken, 3).err.find("this run is finished") != std::string::npos);
  CHECK(
      demo.train(demo.file, broken, {"--set", "train.epochs=3"}).err.find("this run is finished") !=
      std::string::npos);
}

TEST_CASE("extend: only to more, and of nothing else", "[apps]") {
  ExtendDemo demo;
  auto run = demo.dir / "run";
  REQUIRE(demo.extended(run, 2).exit_code == 0);  // a run that is not there is begun
  auto refused = [&](const std::vector<std::string>& flags, const std::string& expected) {
    auto result = demo.train(demo.file, run, flags);
    CHECK(result.exit_code == 2);
    CAPTURE(result.err);
    CHECK(result.err.find(expected) != std::string::npos);
  };
  refused({"--set", "train.epochs=4"}, "now 4; give another --out, or --extend to go on to that");
  refused({"--extend"}, "train.epochs: expected more than 2 to extend the run by, found 1");
  refused({"--extend", "--set", "train.epochs=4", "--set", "optim.lr=0.1"},
          "optim.lr: this run was begun with 0.003, now 0.1; give another --out");
  CHECK(run_json(run)["status"] == "finished");
}
