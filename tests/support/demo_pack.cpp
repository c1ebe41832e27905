#include "support/demo_pack.h"

#include <signal.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <thread>

#include "base/files.h"

namespace mma::test {

std::string program(const char* name) { return (bin_dir() / name).string(); }

DemoPack::DemoPack(const DemoOptions& options) {
  write_demo(dir.path, options);
  auto build =
      run_program({program("mma-prep"), "build", (dir / "data.yaml").string(), "--root",
                   dir.path.string(), "--tokenizer", backbone.string(), "--out", pack.string()});
  CAPTURE(build.err);
  REQUIRE(build.exit_code == 0);
}

fs::path DemoPack::recipe(const std::string& name, const std::string& text) const {
  auto file = dir / (name + ".yaml");
  write_atomically(file, text);
  return file;
}

std::vector<std::string> DemoPack::train_command(const fs::path& recipe, const fs::path& out,
                                                 const std::vector<std::string>& more) const {
  std::vector<std::string> all{program("mma-train"), recipe.string(),   "--data", pack.string(),
                               "--backbone",         backbone.string(), "--out",  out.string()};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

ProgramResult DemoPack::train(const fs::path& recipe, const fs::path& out,
                              const std::vector<std::string>& more,
                              const std::function<void(pid_t)>& meanwhile) const {
  return run_program(train_command(recipe, out, more), meanwhile);
}

ProgramResult DemoPack::evaluate(const fs::path& run, const std::vector<std::string>& more) const {
  std::vector<std::string> all{program("mma-eval"), run.string(), "--data", pack.string()};
  all.insert(all.end(), more.begin(), more.end());
  return run_program(all);
}

std::function<void(pid_t)> signal_after(const fs::path& run, int64_t lines, int signal) {
  return [=](pid_t child) {
    auto written = [&] {
      if (!fs::exists(run / "metrics.jsonl")) return int64_t{-1};
      auto text = read_file(run / "metrics.jsonl", 1 << 26);
      return static_cast<int64_t>(std::count(text.begin(), text.end(), '\n'));
    };
    for (int i = 0; i < 20000 && written() < lines; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(written() >= lines);
    ::kill(child, signal);
  };
}

}  // namespace mma::test
