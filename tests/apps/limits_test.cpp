// Limits of the system (ulimit) and files that are something else: exit code 3 or 2 with a message,
// never an abort or a hang.
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>

#include "support/demo_pack.h"

using namespace mma;

namespace {

struct Demo : test::DemoPack {
  Demo() : DemoPack({.train = 60, .dev = 8, .test = 8, .seed = 1}) {}
  std::vector<std::string> build(const fs::path& out,
                                 const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{test::program("mma-prep"),
                                 "build",
                                 (dir / "data.yaml").string(),
                                 "--root",
                                 dir.path.string(),
                                 "--tokenizer",
                                 backbone.string(),
                                 "--out",
                                 out.string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

const Demo& demo() {
  static Demo instance;
  return instance;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

test::ProgramResult limited(const std::string& limit, std::vector<std::string> command) {
  command.insert(command.begin(), {"timeout", "60", "bash", "-c", limit + "; exec \"$@\"", "bash"});
  return test::run_program(command);
}

}  // namespace

TEST_CASE("limits: threads that cannot be started", "[apps]") {
#ifdef __SANITIZE_ADDRESS__
  SKIP("the sanitizer needs more address space than any limit");
#endif
  auto& d = demo();
  auto result = limited("ulimit -v 150000", d.build(d.dir / "x.h5", {"--workers", "200"}));
  CAPTURE(result.err);
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err, "cannot start thread "));
}

TEST_CASE("limits: open files", "[apps]") {
#ifdef __SANITIZE_ADDRESS__
  SKIP("the sanitizer opens files to look at memory, and reports what it could not");
#endif
  auto& d = demo();
  auto result = limited("ulimit -n 5", d.build(d.dir / "x.h5"));
  CAPTURE(result.err);
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err, "Too many open files"));
}

TEST_CASE("limits: address space for training", "[apps]") {
#ifdef __SANITIZE_ADDRESS__
  SKIP("the sanitizer needs more address space than any limit");
#endif
  auto& d = demo();
  auto recipe = d.recipe("recipe", "modalities: []\nmodel: {name: linear}\ntrain: {epochs: 1}\n");
  for (auto* limit : {"ulimit -v 500000", "ulimit -v 900000"}) {
    auto result = limited(limit, d.train_command(recipe, d.dir / "small"));
    CAPTURE(limit, result.err);
    CHECK(result.exit_code == 3);
  }
}

TEST_CASE("a FIFO in a run directory is refused at once", "[apps]") {
  auto& d = demo();
  auto recipe = d.recipe("recipe", "modalities: []\nmodel: {name: linear}\ntrain: {epochs: 1}\n");
  for (auto* name : {"lock", "train.log", "metrics.jsonl", "run.json"}) {
    auto run = d.dir / (std::string("fifo-") + name);
    make_directories(run);
    REQUIRE(::mkfifo((run / name).c_str(), 0600) == 0);
    auto result = limited(":", d.train_command(recipe, run));
    CAPTURE(name, result.err);
    CHECK(result.exit_code == 2);
    CHECK(contains(result.err, std::string(name) + ": "));
    CHECK(contains(result.err, "expected a file"));
  }
}
