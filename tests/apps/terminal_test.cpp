// The screen is never a reason to stop, and what ends a session (a closed window or connection)
// ends a run as a signal of a batch system does: after saving.
#include "support/terminal.h"

#include <signal.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "base/clock.h"
#include "support/demo_pack.h"

using namespace mma;

namespace {

constexpr const char* kRecipe =
    R"(precision: fp32
device: cpu
modalities: [video, metadata]
model: {name: mm_adapter, bottleneck: 8}
optim: {lr: 3.0e-3, batch_size: 2}
train: {epochs: 3, report_every: 3, patience: 0}
)";

struct Demo : test::DemoPack {
  Demo() : DemoPack({.train = 80, .dev = 16, .test = 16, .seed = 1}) {
    file = recipe("recipe", kRecipe);
  }
  std::string status(const fs::path& run) const {
    return read_file(run / "run.json").find("\"finished\"") == std::string::npos ? "running"
                                                                                 : "finished";
  }
  fs::path file;
};

const Demo& demo() {
  static Demo instance;
  return instance;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The command in a shell: what comes before it and after it.
std::vector<std::string> in_shell(const std::string& script, std::vector<std::string> command) {
  command.insert(command.begin(), {"bash", "-c", script, "bash"});
  return command;
}

// The log file's lines without their times, from a line on that the screen has, too.
std::vector<std::string> logged(const fs::path& run) {
  std::istringstream in(read_file(run / "train.log"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line.substr(20));
  return lines;
}

uint64_t signal_mask(pid_t process, const std::string& which) {
  std::ifstream in("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(which + ":")) return std::stoull(line.substr(which.size() + 1), {}, 16);
  return 0;
}

// Bytes of the C library's code that are not its file's.
int64_t patched_bytes(pid_t process) {
  auto folder = "/proc/" + std::to_string(process);
  std::ifstream maps(folder + "/maps"), memory(folder + "/mem", std::ios::binary);
  int64_t patched = 0, compared = 0;
  for (std::string line; std::getline(maps, line);) {
    auto library = line.find('/');
    if (!contains(line, "r-xp") || !contains(line, "/libc.so")) continue;
    std::istringstream words(line);
    uint64_t begin = 0, end = 0, offset = 0;
    char dash;
    std::string mode;
    words >> std::hex >> begin >> dash >> end >> mode >> offset;
    std::ifstream file(line.substr(library), std::ios::binary);
    std::string there(end - begin, '\0'), meant(end - begin, '\0');
    memory.seekg(static_cast<std::streamoff>(begin));
    memory.read(there.data(), std::ssize(there));
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(meant.data(), std::ssize(meant));
    for (int64_t i = 0; i < file.gcount(); ++i, ++compared)
      patched += there[static_cast<size_t>(i)] != meant[static_cast<size_t>(i)];
  }
  CHECK(compared > 100'000);
  return patched;
}

}  // namespace

TEST_CASE("terminal: mma-prep shows a bar, is ended by a closed window, and not under nohup",
          "[apps]") {
  test::ScratchDir dir;
  write_demo(dir.path, {.train = 5000, .dev = 4, .test = 4, .seed = 1});
  auto command = [&](const char* out) {
    return std::vector<std::string>{test::program("mma-prep"),
                                    "build",
                                    (dir / "data.yaml").string(),
                                    "--root",
                                    dir.path.string(),
                                    "--tokenizer",
                                    (dir / "backbone").string(),
                                    "--out",
                                    (dir / out).string(),
                                    "--workers",
                                    "1"};
  };
  auto whole = test::run_on_terminal(command("whole.h5"));
  CAPTURE(whole.shown);
  CHECK(whole.exit_code == 0);
  CHECK(contains(whole.shown, " of 5008 samples, "));  // there was a bar
  auto lines = test::lines_on_terminal(whole.shown);
  CHECK(lines.front() == "[prep] demo: reading tables");
  for (auto& line : lines) CHECK_FALSE(contains(line, " left"));  // nothing is left of it

  auto until_bar = [](const std::string& shown) { return !contains(shown, " of 5008 samples, "); };
  CHECK(test::run_on_terminal(command("closed.h5"), until_bar).exit_code == 128 + SIGHUP);
  CHECK_FALSE(fs::exists(dir / "closed.h5"));
  auto alone = in_shell("trap '' HUP; exec \"$@\" > /dev/null", command("nohup.h5"));
  CHECK(test::run_on_terminal(alone, until_bar).exit_code == 0);
  CHECK(sha256_file(dir / "nohup.h5") == sha256_file(dir / "whole.h5"));
  auto piped = in_shell("{ \"$@\"; echo $? > " + (dir / "code").string() + "; } 2>&1 | head -0",
                        command("piped.h5"));
  test::run_program(piped);
  CHECK(read_file(dir / "code") == "3\n");  // stdout, which is for the result, was closed, too
  CHECK(sha256_file(dir / "piped.h5") == sha256_file(dir / "whole.h5"));
}

TEST_CASE("terminal: log lines and the progress bar keep apart", "[apps]") {
  auto& d = demo();
  auto run = d.dir / "shown";
  auto result = test::run_on_terminal(d.train_command(d.file, run, {"--set", "train.epochs=10"}));
  CAPTURE(result.shown);
  REQUIRE(result.exit_code == 0);
  CHECK(contains(result.shown, " steps, "));  // there was a bar
  const auto note = result.shown.find(" left, loss ");
  REQUIRE(note != std::string::npos);
  CHECK(contains(result.shown.substr(note), ", dev ap_micro "));
  auto lines = test::lines_on_terminal(result.shown);
  CHECK(lines.back().empty());  // nothing is left of it
  std::multiset<std::string> on_screen(lines.begin(), lines.end());
  for (auto& line : logged(run)) {
    CAPTURE(line);
    CHECK(on_screen.count(line) == 1);
  }
  for (auto& line : lines) CHECK_FALSE(contains(line, " left"));
}

TEST_CASE("terminal: elsewhere reports are lines, one in ten seconds", "[apps]") {
  auto& d = demo();
  auto run = d.dir / "plain";
  const auto start = Clock::now();
  auto result = d.train(d.file, run, {"--set", "train.report_every=1"});
  const auto most = 1 + seconds_since(start) / 10;
  CAPTURE(result.err);
  REQUIRE(result.exit_code == 0);
  int steps = 0, epochs = 0;
  for (auto& line : logged(run)) {
    steps += line.starts_with("[train] step ") || contains(line, " steps, ");
    epochs += line.starts_with("[train] epoch ") && contains(line, ": loss ");
  }
  CHECK(steps >= 1);
  CHECK(steps <= most);
  CHECK(epochs == 3);
}

TEST_CASE("terminal: closed, the run saves and exits 129, and goes on", "[apps]") {
  auto& d = demo();
  auto run = d.dir / "closed";
  auto trains = [](const std::string& shown) { return !contains(shown, "[train] step 3 of"); };
  auto closed = test::run_on_terminal(d.train_command(d.file, run), trains);
  CAPTURE(closed.shown);
  CHECK(closed.exit_code == 128 + SIGHUP);
  CHECK(d.status(run) == "running");
  auto log = logged(run);
  REQUIRE(log.size() > 2);
  CHECK(contains(log[log.size() - 2], "the same command goes on from there"));
  CHECK(contains(log.back(), "error: stopped by signal 1"));
  auto again = d.train(d.file, run);
  CAPTURE(again.err);
  CHECK(again.exit_code == 0);
  CHECK(contains(again.err, "[train] going on"));
  CHECK(d.status(run) == "finished");
}

TEST_CASE("terminal: closed under nohup, or a closed pipe: the run goes on to its end", "[apps]") {
  auto& d = demo();
  auto ended_well = [&](const fs::path& run) {
    CHECK(d.status(run) == "finished");
    CHECK(contains(logged(run).back(), "[train] finished: evaluate it with"));
  };
  auto run = d.dir / "nohup";
  auto closed = test::run_on_terminal(
      in_shell("trap '' HUP; exec \"$@\"", d.train_command(d.file, run)),
      [](const std::string& shown) { return !contains(shown, "[train] step 3 of"); });
  CAPTURE(closed.shown);
  CHECK(closed.exit_code == 0);
  ended_well(run);

  run = d.dir / "piped";
  auto piped = test::run_program(
      in_shell("{ \"$@\"; echo $? > " + (d.dir / "code").string() + "; } 2>&1 | head -1 >&2",
               d.train_command(d.file, run)));
  CAPTURE(piped.err);
  CHECK(read_file(d.dir / "code") == "0\n");
  ended_well(run);
}

TEST_CASE("signals: no library that a program loads takes one or patches the C library", "[apps]") {
#ifdef __SANITIZE_ADDRESS__
  SKIP("the sanitizer takes some");
#endif
  auto& d = demo();
  auto run = d.dir / "signals";
  uint64_t caught = 0, ignored = 0;
  int64_t patched = -1;
  auto result = d.train(d.file, run, {}, [&](pid_t process) {
    test::signal_after(run, 1, 0)(process);  // signal 0: nothing is sent
    caught = signal_mask(process, "SigCgt");
    ignored = signal_mask(process, "SigIgn");
    patched = patched_bytes(process);
  });
  CAPTURE(result.err);
  CHECK(result.exit_code == 0);
  uint64_t expected = 0;
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU})
    expected |= uint64_t{1} << (signal - 1);
  CHECK((caught & 0x7fffffff) == expected);  // above are the C library's own
  CHECK((ignored & uint64_t{1} << (SIGPIPE - 1)) != 0);
  CHECK(patched == 0);
}

TEST_CASE("results: what stdout does not take is not lost with exit code 0", "[apps]") {
  auto& d = demo();
  auto fails = [](const std::string& script, const std::vector<std::string>& command) {
    auto result = test::run_program(in_shell(script, command));
    CAPTURE(script, command, result.err);
    CHECK(result.exit_code == 3);
    CHECK(contains(result.err, "the result cannot be written to stdout"));
  };
  const std::string full = "exec \"$@\" > /dev/full", closed = "exec \"$@\" >&-";
  std::vector<std::string> info{test::program("mma-prep"), "info", d.pack.string()};
  fails(full, info);
  fails(closed, info);
  fails(full, {test::program("mma-prep"), "--help"});
  fails(full, {test::program("mma-train"), "--help-recipe"});
  auto run = d.dir / "evaluated";
  REQUIRE(d.train(d.file, run, {"--set", "train.max_steps=2"}).exit_code == 0);
  fails(full, {test::program("mma-eval"), run.string(), "--data", d.pack.string()});
  fails(full, {test::program("mma-eval"), "compare", run.string(), "--split", "dev"});
  auto version = test::run_program({test::program("mma-eval"), "--version"});
  CHECK(contains(version.out, ", LibTorch 2."));
  CHECK(test::run_program({test::program("mma-train"), "--version"}).out == version.out);
}

TEST_CASE("terminal: tables fit it", "[apps]") {
  auto& d = demo();
  const std::vector<std::string> command{test::program("mma-prep"), "info", d.pack.string()};
  for (unsigned short columns : {60, 200}) {
    CAPTURE(columns);
    auto result = test::run_on_terminal(command, {}, columns);
    REQUIRE(result.exit_code == 0);
    CHECK(contains(result.shown, "longest"));
    int blocks = 0;  // of the splits' table
    for (auto& line : test::lines_on_terminal(result.shown)) {
      blocks += line.starts_with("split");
      if (blocks > 0) CHECK(line.size() <= columns);  // above is a sentence
    }
    CHECK(blocks == (columns == 60 ? 2 : 1));
  }
  // A pipe takes any width, or the one that COLUMNS says.
  const std::string head =
      "split  samples  tokens  truncated  dropped  shortest  25 %  median  75 %  95 %  longest";
  CHECK(contains(test::run_program(command).out, head));
  CHECK(contains(test::run_program(command, {"COLUMNS=wide"}).out, head));
  CHECK(!contains(test::run_program(command, {"COLUMNS=80"}).out, head));
}
