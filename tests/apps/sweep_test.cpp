// Several runs by one command: in turn, beside each other, with processes of their own; one that
// fails, and a signal.
#include <signal.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "support/demo_pack.h"
#include "support/same_run.h"

using namespace mma;
using Json = nlohmann::json;

namespace {

struct SweepDemo : test::DemoPack {
  SweepDemo() : DemoPack({.train = 48, .dev = 16, .test = 8, .seed = 1}) {
    file = recipe("recipe",
                  "precision: fp32\ndevice: cpu\nmodalities: [video]\n"
                  "model: {name: mm_adapter, bottleneck: 8}\n"
                  "optim: {lr: 3.0e-3, batch_size: 4, accumulate: 2, warmup: 0, "
                  "schedule: constant}\n"
                  "train: {epochs: 3, report_every: 1, patience: 0}\n"
                  "checkpoint: {every_steps: 2}\n");
  }
  test::ProgramResult sweep(const char* out, std::vector<std::string> more,
                            const std::vector<std::string>& grid = {"optim.lr=1e-3,3e-3"},
                            const std::function<void(pid_t)>& meanwhile = {}) const {
    for (auto& one : grid) more.insert(more.end(), {"--grid", one});
    return train(file, dir / out, more, meanwhile);
  }
  fs::path file;
};

int count_lines(const std::string& text, const std::string& part) {
  int count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
  return count;
}

bool finished(const fs::path& run) {
  return fs::exists(run / "run.json") &&
         Json::parse(read_file(run / "run.json", 1 << 20))["status"] == "finished";
}

}  // namespace

TEST_CASE("sweep: in turn, beside each other and by several processes, the same bytes", "[apps]") {
  SweepDemo d;
  auto turn = d.sweep("turn", {});
  CAPTURE(turn.err);
  REQUIRE(turn.exit_code == 0);
  // Killed with all that it started, and gone on with.
  auto stopped = d.sweep("jobs", {"--jobs", "2"}, {"optim.lr=1e-3,3e-3"},
                         test::signal_after(d.dir / "jobs/lr=3e-3", 5, SIGTERM));
  CAPTURE(stopped.err);
  CHECK(stopped.exit_code == 128 + SIGTERM);
  CHECK(fs::exists(d.dir / "jobs/lr=3e-3/stopped"));
  CHECK_FALSE(finished(d.dir / "jobs/lr=3e-3"));
  CHECK(count_lines(stopped.err, "error: ") == 1);
  CHECK(stopped.err.find("error: stopped by signal 15") != std::string::npos);
  auto jobs = d.sweep("jobs", {"--jobs", "2"});
  CAPTURE(jobs.err);
  CHECK(jobs.exit_code == 0);
  CHECK(count_lines(jobs.err, ": finished (") == 2);
  CHECK(count_lines(jobs.err, "epoch ") == 0);  // that is in train.log
  auto processes = d.sweep("processes", {"--processes", "2"});
  CAPTURE(processes.err);
  CHECK(processes.exit_code == 0);
  for (auto* name : {"lr=1e-3", "lr=3e-3"}) {
    CAPTURE(name);
    test::check_same_run(d.dir / "jobs" / name, d.dir / "turn" / name);
    test::check_same_run(d.dir / "processes" / name, d.dir / "turn" / name);
    CHECK(read_file(d.dir / "jobs" / name / "train.log", 1 << 20).find("epoch 3: ") !=
          std::string::npos);
  }
}

TEST_CASE("sweep: one that diverges or fails is told at the end, and the others are trained",
          "[apps]") {
  SweepDemo d;
  // With such a decay a rate of 10 multiplies the matrices by -99 at each step.
  const std::vector<std::string> wild{"--set", "optim.weight_decay=10", "--set", "train.epochs=12"};
  const std::vector<std::string> grid{"optim.lr=10,1e-4"};
  int number = 0;
  for (auto* flag : {"", "--jobs", "--processes"}) {
    CAPTURE(flag);
    auto out = fmt::format("wild-{}", ++number);
    auto more = wild;
    if (*flag) more.insert(more.end(), {flag, "2"});
    auto result = d.sweep(out.c_str(), more, grid);
    CAPTURE(result.err);
    CHECK(result.exit_code == 4);
    CHECK(finished(d.dir / out / "lr=1e-4"));
    CHECK_FALSE(finished(d.dir / out / "lr=10"));
    const auto line = (d.dir / out / "lr=10").string() + ": exit code 4: step ";
    CHECK(count_lines(result.err, line) == 2);  // as it happens, and at the end
    CHECK(result.err.find("error: 1 of 2 runs failed:\nerror: " + line) != std::string::npos);
  }
  // A run that stands there already, begun with something else; by the machine's fault would be 3.
  auto other = d.sweep("wild-2", {"--jobs", "2"}, {"optim.lr=1e-4,2e-4"});
  CAPTURE(other.err);
  CHECK(other.exit_code == 2);
  CHECK(other.err.find("optim.weight_decay: this run was begun with 10") != std::string::npos);
  CHECK(finished(d.dir / "wild-2/lr=2e-4"));
}

TEST_CASE("sweep: a wrong setting is told before the first run begins, once", "[apps]") {
  SweepDemo d;
  auto result =
      d.sweep("wrong", {"--set", "train.epochz=2"}, {"model.bottleneck=8,0", "optim.lr=1e-3,3e-3"});
  CAPTURE(result.err);
  CHECK(result.exit_code == 2);
  CHECK(count_lines(result.err, "unknown key 'train.epochz'") == 1);
  CHECK(count_lines(result.err, "model.bottleneck: ") == 1);
  CHECK_FALSE(fs::exists(d.dir / "wrong"));
  CHECK(d.sweep("wrong", {"--jobs", "0"}).exit_code == 2);
  CHECK(d.sweep("wrong", {"--jobs", "2", "--probe"}).exit_code == 2);
}
