// Several processes train one recipe: the result of one, whatever happens to any of them.
// A few in every run of the suite; MMA_KILLS and MMA_SIGNALS set the counts, for the long run that
// CONTRIBUTING.md names.
#include <signal.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "support/demo_pack.h"
#include "support/same_run.h"

using namespace mma;
using Clock = std::chrono::steady_clock;

namespace {

int64_t count_of(const char* variable, int64_t otherwise) {
  auto* text = std::getenv(variable);
  return text ? std::atoll(text) : otherwise;
}

std::string recipe_text(const std::string& model) {
  return "precision: fp32\ndevice: cpu\nmodalities: [video, metadata]\n" + model +
         R"(
optim: {lr: 3.0e-3, batch_size: 6, accumulate: 2}
train: {epochs: 2, report_every: 1, patience: 0, modality_dropout: 0.1}
checkpoint: {every_steps: 3}
distributed: {timeout: 1}
)";
}

// 82 samples: 14 batches of 6, the last of 4; 7 steps an epoch.
struct Pack : test::DemoPack {
  Pack() : DemoPack({.train = 82, .dev = 40, .test = 16, .seed = 1}) {
    file = recipe("recipe", recipe_text("model: {name: mm_adapter, bottleneck: 8}"));
    auto first = train(file, run, {"--processes", "2"});
    INFO(first.err);
    REQUIRE(first.exit_code == 0);
  }
  fs::path file, run = dir / "two";
};

const Pack& pack() {
  static Pack instance;
  return instance;
}

// What differs between two runs' metrics at most, of the keys that both have.
double difference(const fs::path& a, const fs::path& b, const std::string& key) {
  auto first = test::timeless_metrics(a / "metrics.jsonl"),
       second = test::timeless_metrics(b / "metrics.jsonl");
  if (first.size() != second.size()) return INFINITY;
  double most = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    if (first[i].contains(key) != second[i].contains(key)) return INFINITY;
    if (first[i].contains(key))
      most = std::max(most, std::abs(first[i][key].get<double>() - second[i][key].get<double>()));
  }
  return most;
}

// The processes that a process started.
std::vector<pid_t> children(pid_t parent) {
  std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", parent));
  std::vector<pid_t> all;
  for (pid_t child; file >> child;) all.push_back(child);
  return all;
}

// Sends a signal to the process of one rank after so many lines of metrics.
std::function<void(pid_t)> to_rank(const fs::path& run, size_t rank, int64_t lines, int signal,
                                   std::vector<pid_t>& all) {
  return [=, &all](pid_t launcher) {
    test::signal_after(run, lines, 0)(launcher);  // waits
    all = children(launcher);
    if (rank < all.size()) ::kill(all[rank], signal);
  };
}

void check_gone(const std::vector<pid_t>& processes) {
  for (pid_t process : processes) CHECK(::kill(process, 0) != 0);
}

size_t count_lines(const std::string& text, const std::string& with) {
  size_t count = 0;
  for (size_t at = text.find(with); at != std::string::npos; at = text.find(with, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("processes: two with two batches a step give the bytes of one", "[apps][processes]") {
  auto& p = pack();
  const std::pair<const char*, const char*> systems[] = {
      {"mm_adapter", "model: {name: mm_adapter, bottleneck: 8}"},
      {"mmbt", "model: {name: mmbt}"},
      {"gmu", "model: {name: gmu, hidden: 16}"},
      {"upper", "model: {name: mm_adapter, bottleneck: 8, layers: 2, frozen_prefix: cached}"}};
  for (auto& [name, model] : systems) {
    CAPTURE(name);
    auto file = p.recipe(name, recipe_text(model));
    auto one = p.dir / (std::string(name) + "-1"), two = p.dir / (std::string(name) + "-2");
    auto alone = p.train(file, one), both = p.train(file, two, {"--processes", "2"});
    CAPTURE(alone.err, both.err);
    REQUIRE(alone.exit_code == 0);
    REQUIRE(both.exit_code == 0);
    test::check_same_run(two, one);
    CHECK(count_lines(both.err, "[train] finished") == 1);  // one of them speaks
  }
}

TEST_CASE("processes: any number gives the losses of one", "[apps][processes]") {
  auto& p = pack();
  for (auto& [accumulate, sizes] :
       {std::pair{1, std::vector<int>{2, 3}}, {3, std::vector<int>{2, 4}}}) {
    const auto set = fmt::format("optim.accumulate={}", accumulate);
    auto one = p.dir / fmt::format("alone-{}", accumulate);
    REQUIRE(p.train(p.file, one, {"--set", set}).exit_code == 0);
    for (int processes : sizes) {
      CAPTURE(accumulate, processes);
      auto run = p.dir / fmt::format("many-{}-{}", accumulate, processes);
      auto result = p.train(p.file, run, {"--set", set, "--processes", std::to_string(processes)});
      CAPTURE(result.err);
      REQUIRE(result.exit_code == 0);
      CHECK(difference(run, one, "loss") < 1e-5);
      CHECK(difference(run, one, "ap_micro") < 1e-3);
    }
  }
}

TEST_CASE("processes: one is killed, the same command ends with the same bytes",
          "[apps][processes]") {
  auto& p = pack();
  RandomStream random(derive_key(3, "kills"));
  const int64_t kills = count_of("MMA_KILLS", 2);
  for (int64_t i = 0; i < kills; ++i) {
    auto run = p.dir / fmt::format("killed-{}", i);
    const auto rank = static_cast<size_t>(random.below(2));
    const auto lines = static_cast<int64_t>(random.below(14));
    CAPTURE(i, rank, lines);
    std::vector<pid_t> all;
    auto result =
        p.train(p.file, run, {"--processes", "2"}, to_rank(run, rank, lines, SIGKILL, all));
    CAPTURE(result.err);
    CHECK(result.exit_code == 3);
    CHECK(count_lines(result.err, "error: ") == 1);
    CHECK(result.err.find(fmt::format("rank {} of 2 was ended by signal 9", rank)) !=
          std::string::npos);
    check_gone(all);
    auto again = p.train(p.file, run, {"--processes", "2"});
    CAPTURE(again.err);
    REQUIRE(again.exit_code == 0);
    test::check_same_run(run, p.run);
    fs::remove_all(run);
  }
}

TEST_CASE("processes: a signal to one stops all after the same step", "[apps][processes]") {
  auto& p = pack();
  RandomStream random(derive_key(4, "signals"));
  const int64_t signals = count_of("MMA_SIGNALS", 2);
  const int kinds[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};
  for (int64_t i = 0; i < signals; ++i) {
    auto run = p.dir / fmt::format("stopped-{}", i);
    const auto rank = static_cast<size_t>(random.below(2));
    const auto lines = static_cast<int64_t>(random.below(12));
    const int kind = kinds[random.below(std::size(kinds))];
    CAPTURE(i, rank, lines, kind);
    std::vector<pid_t> all;
    auto result = p.train(p.file, run, {"--processes", "2"}, to_rank(run, rank, lines, kind, all));
    CAPTURE(result.err);
    CHECK((result.exit_code == 128 + kind || result.exit_code == 0));
    CHECK(fs::exists(run / "stopped") == (result.exit_code != 0));
    check_gone(all);
    // Another number of processes goes on from there; the same number ends with the same bytes.
    auto again = p.train(p.file, run, {"--processes", i == 0 ? "3" : "2"});
    CAPTURE(again.err);
    REQUIRE(again.exit_code == 0);
    CHECK(!fs::exists(run / "stopped"));
    if (i == 0) {
      CHECK(difference(run, p.run, "loss") < 1e-5);
    } else {
      test::check_same_run(run, p.run);
    }
    fs::remove_all(run);
  }
}

TEST_CASE("processes: a signal to mma-train itself is passed on", "[apps][processes]") {
  auto& p = pack();
  auto run = p.dir / "passed-on";
  auto result = p.train(p.file, run, {"--processes", "2"}, test::signal_after(run, 2, SIGTERM));
  CAPTURE(result.err);
  CHECK(result.exit_code == 128 + SIGTERM);
  CHECK(result.err.find("the same command goes on from there") != std::string::npos);
}

TEST_CASE("processes: where mma-train itself is killed, all stop and save", "[apps][processes]") {
  auto& p = pack();
  auto run = p.dir / "orphans";
  std::vector<pid_t> all;
  auto result = p.train(p.file, run, {"--processes", "2"}, [&](pid_t launcher) {
    test::signal_after(run, 2, 0)(launcher);
    all = children(launcher);
    ::kill(launcher, SIGKILL);
    for (int i = 0; i < 1000; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      if (std::all_of(all.begin(), all.end(), [](pid_t c) { return ::kill(c, 0) != 0; })) break;
    }
  });
  CHECK(result.exit_code == 128 + SIGKILL);
  REQUIRE(all.size() == 2);
  check_gone(all);
  REQUIRE(p.train(p.file, run, {"--processes", "2"}).exit_code == 0);
  test::check_same_run(run, p.run);
}

TEST_CASE("processes: one that hangs is taken for lost after the time set", "[apps][processes]") {
  auto& p = pack();
  auto run = p.dir / "hangs";
  std::vector<pid_t> all;
  auto start = Clock::now();
  auto result = p.train(p.file, run, {"--processes", "2", "--set", "distributed.timeout=0.1"},
                        to_rank(run, 1, 3, SIGSTOP, all));
  CAPTURE(result.err);
  CHECK(result.exit_code == 3);
  CHECK(result.err.find("has not answered within 0.1 minutes") != std::string::npos);
  CHECK(std::chrono::duration<double>(Clock::now() - start).count() < 60);
  check_gone(all);
}

TEST_CASE("processes: wrong input is told once, and nothing stays", "[apps][processes]") {
  auto& p = pack();
  auto file = p.recipe("wrong", "model: {name: mm_adapter, bottleneck: -1}\nmodalitis: []\n");
  auto run = p.dir / "wrong";
  auto result = p.train(file, run, {"--processes", "3"});
  CAPTURE(result.err);
  CHECK(result.exit_code == 2);
  CHECK(count_lines(result.err, "unknown key 'modalitis'") == 1);
  CHECK(!fs::exists(run));
  // A loss that is not finite is found by all, and told once.
  auto diverged = p.train(p.file, run,
                          {"--processes", "2", "--set", "optim.lr=10", "--set", "optim.clip=0",
                           "--set", "optim.weight_decay=10", "--set", "train.epochs=300"});
  CAPTURE(diverged.err);
  CHECK(diverged.exit_code == 4);
  CHECK(count_lines(diverged.err, "error: ") == 1);
}

TEST_CASE("processes: another backbone, or none, at one of them is told by rank 0",
          "[apps][processes]") {
  auto& p = pack();
  auto other = p.dir / "other-backbone", run = p.dir / "unlike";
  fs::copy(p.backbone, other, fs::copy_options::recursive);
  auto weights = read_file(other / "model.safetensors", 1 << 26);
  weights[weights.size() - 4] ^= 1;  // the last digit of one number
  write_atomically(other / "model.safetensors", weights);
  auto command = [&](const fs::path& backbone) {
    auto all = p.train_command(p.file, run);
    all[5] = backbone.string();
    return all;
  };
  for (auto& [backbone, told] : {std::pair{other, "backbone: "}, {p.dir / "nothing", "nothing"}}) {
    CAPTURE(backbone);
    auto store = p.dir / "store";
    fs::remove(store);
    auto environment = [&](int rank) {
      return std::vector<std::string>{"OMP_NUM_THREADS=1", fmt::format("MMA_RANK={}", rank),
                                      "MMA_WORLD_SIZE=2", "MMA_STORE=" + store.string()};
    };
    test::ProgramResult second;
    std::thread beside([&, &backbone = backbone] {
      second = test::run_program(command(backbone), environment(1));
    });
    auto first = test::run_program(command(p.backbone), environment(0));
    beside.join();
    CAPTURE(first.err, second.err);
    CHECK(first.exit_code == 2);
    CHECK(second.exit_code == 2);
    CHECK(first.err.find("rank 1 on ") != std::string::npos);
    CHECK(first.err.find(told) != std::string::npos);
    CHECK(second.err.find("error") == std::string::npos);
    CHECK(!fs::exists(run));
  }
}
