// Training survives: killed or stopped at any instant, the same command ends with the same bytes.
// A few in every run of the suite; MMA_KILLS, MMA_STEP_KILLS and MMA_SIGNALS set the counts, for
// the long run that CONTRIBUTING.md names.
#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "support/demo_pack.h"
#include "support/same_run.h"

using namespace mma;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int64_t kSteps = 60;
constexpr const char* kRecipe =
    R"(# 60 steps in 3 epochs, checkpoints between reports and between epochs
precision: fp32
device: cpu
modalities: [video, metadata]
model: {name: mm_adapter, bottleneck: 8}
optim: {lr: 3.0e-3, batch_size: 2, accumulate: 2}
train: {epochs: 3, report_every: 1, patience: 0, modality_dropout: 0.1}
checkpoint: {every_steps: 7}
)";

int64_t count_of(const char* variable, int64_t otherwise) {
  auto* text = std::getenv(variable);
  return text ? std::atoll(text) : otherwise;
}

struct Whole : test::DemoPack {
  Whole() : DemoPack({.train = 80, .dev = 16, .test = 16, .seed = 1}) {
    file = recipe("recipe", kRecipe);
    auto start = Clock::now();
    auto first = train(file, run);
    seconds = std::chrono::duration<double>(Clock::now() - start).count();
    INFO(first.err);
    REQUIRE(first.exit_code == 0);
  }
  fs::path file, run = dir / "whole";
  double seconds = 0;
};

const Whole& whole() {
  static Whole instance;
  return instance;
}

void check_same_as_whole(const fs::path& run) { test::check_same_run(run, whole().run); }

// Ends the process by a signal after a part of the time that a whole run takes.
std::function<void(pid_t)> after(double seconds, int signal) {
  return [=](pid_t child) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    ::kill(child, signal);
  };
}

// Gives the command until it ends by itself.
void finish(const fs::path& run) {
  auto result = whole().train(whole().file, run);
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
}

}  // namespace

TEST_CASE("kill: at random instants, again and again, to the same bytes", "[apps][kill]") {
  auto& w = whole();
  RandomStream random(derive_key(1, "kills"));
  const int64_t kills = count_of("MMA_KILLS", 4);
  int64_t done = 0;
  for (int number = 0; done < kills; ++number) {
    auto run = w.dir / fmt::format("killed-{}", number);
    CAPTURE(run, done);
    // Up to 4 kills a run, then it is left to end.
    for (int i = 0; i < 4 && done < kills; ++i, ++done) {
      auto result = w.train(w.file, run, {}, after(random.uniform() * w.seconds, SIGKILL));
      CAPTURE(result.err);
      CHECK((result.exit_code == 0 || result.exit_code == 128 + SIGKILL));
      if (result.exit_code == 0) break;
    }
    finish(run);
    check_same_as_whole(run);
    fs::remove_all(run);
  }
  CHECK(done >= kills);
}

TEST_CASE("kill: after each step of a short run, to the same bytes", "[apps][kill]") {
  auto& w = whole();
  const int64_t kills = std::min(count_of("MMA_STEP_KILLS", 2), kSteps);
  for (int64_t i = 1; i <= kills; ++i) {
    int64_t step = i * kSteps / kills;
    auto run = w.dir / fmt::format("step-{}", step);
    CAPTURE(step);
    // Each epoch's evaluation is a line of its own.
    auto result =
        w.train(w.file, run, {}, test::signal_after(run, step + (step - 1) / 20, SIGKILL));
    CHECK((result.exit_code == 128 + SIGKILL || result.exit_code == 0));
    finish(run);
    check_same_as_whole(run);
    fs::remove_all(run);
  }
}

TEST_CASE("kill: signals at random instants end it in time, and it goes on", "[apps][kill]") {
  auto& w = whole();
  RandomStream random(derive_key(2, "signals"));
  const int64_t signals = count_of("MMA_SIGNALS", 4);
  const int kinds[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP, SIGXCPU};
  double slowest = 0;
  int64_t done = 0;
  for (int number = 0; done < signals; ++number) {
    auto run = w.dir / fmt::format("stopped-{}", number);
    for (int i = 0; i < 4 && done < signals; ++i, ++done) {
      int kind = kinds[random.below(std::size(kinds))];
      Clock::time_point sent;
      auto result = w.train(w.file, run, {}, [&](pid_t child) {
        after(random.uniform() * w.seconds, kind)(child);
        sent = Clock::now();
      });
      slowest = std::max(slowest, std::chrono::duration<double>(Clock::now() - sent).count());
      CAPTURE(result.err, kind);
      CHECK((result.exit_code == 0 || result.exit_code == 128 + kind));
      if (result.exit_code == 0) break;
    }
    finish(run);
    check_same_as_whole(run);
    fs::remove_all(run);
  }
  CHECK(slowest < 10);
  WARN(fmt::format("{} signals; the slowest end took {:.2f} s", done, slowest));
}

TEST_CASE("kill: a finished run is told to be finished at once", "[apps][kill]") {
  auto& w = whole();
  auto start = Clock::now();
  auto again = w.train(w.file, w.run);
  double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  CHECK(again.exit_code == 0);
  CHECK(again.err.find("this run is finished") != std::string::npos);
  CHECK(seconds < w.seconds);  // how long a start takes depends on the machine
}

TEST_CASE("fault: whichever open, write, fsync, close or rename fails, the same command mends it",
          "[apps][kill]") {
#ifdef __SANITIZE_ADDRESS__
  SKIP("the sanitizer's library must be loaded first");
#endif
  if (!fs::exists(test::bin_dir() / "io-faults.so"))
    SKIP("no io-faults.so: a bundle has none, since its programs are started by another C library");
  auto& w = whole();
  // A few of them each time; the large step reaches every part of a run.
  const int step = count_of("MMA_KILLS", 0) > 0 ? 1 : 197;
  int faults = 0, ended = 0;
  for (int nth = 1;; nth += step) {
    auto run = w.dir / fmt::format("fault-{}", nth);
    CAPTURE(nth);
    auto broken = test::run_program(
        w.train_command(w.file, run),
        {"OMP_NUM_THREADS=1", "LD_PRELOAD=" + (test::bin_dir() / "io-faults.so").string(),
         fmt::format("MMA_IO_FAULT={}", nth)});
    CAPTURE(broken.err);
    CHECK((broken.exit_code == 0 || broken.exit_code == 3));
    ended += broken.exit_code == 3;
    finish(run);
    check_same_as_whole(run);
    fs::remove_all(run);
    bool happened = broken.err.find("No space left") != std::string::npos ||
                    broken.err.find("Input/output error") != std::string::npos;
    if (!happened) break;
    ++faults;
  }
  CHECK(faults > 1);
  WARN(fmt::format("{} faults, {} of them ended the run (exit code 3)", faults, ended));
}

TEST_CASE("lock: of two processes in one run directory, one is refused at once", "[apps][kill]") {
  auto& w = whole();
  auto run = w.dir / "contested";
  std::string refused;
  int refusals = 0;
  // The second starts while the first one trains.
  auto first = w.train(w.file, run, {}, [&](pid_t) {
    for (int i = 0; i < 20000 && !fs::exists(run / "metrics.jsonl"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    auto second = w.train(w.file, run);
    if (second.exit_code == 2) {
      ++refusals;
      refused = second.err;
    }
  });
  CHECK(first.exit_code == 0);
  CHECK(refusals == 1);
  CHECK(refused.find("in use by process ") != std::string::npos);
  CHECK(refused.find(" since 2") != std::string::npos);
  check_same_as_whole(run);
}

TEST_CASE("lock: two mma-prep into one file cannot mix", "[apps][kill]") {
  auto& w = whole();
  auto out = w.dir / "twice.h5";
  std::vector<std::string> build{test::program("mma-prep"),
                                 "build",
                                 (w.dir / "data.yaml").string(),
                                 "--root",
                                 w.dir.path.string(),
                                 "--tokenizer",
                                 w.backbone.string(),
                                 "--out",
                                 out.string()};
  for (int i = 0; i < 3; ++i) {
    int second = -1;
    auto first =
        test::run_program(build, [&](pid_t) { second = test::run_program(build).exit_code; });
    CHECK(first.exit_code == 0);
    CHECK(second == 0);
    CHECK(sha256_file(out) == sha256_file(w.pack));  // the same input: whichever came last
  }
  for (auto& entry : fs::directory_iterator(w.dir.path))
    CHECK(entry.path().filename().string().find(".tmp") == std::string::npos);
}
