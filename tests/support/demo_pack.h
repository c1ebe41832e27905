#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/files.h"
#include "data/demo/demo.h"
#include "support/paths.h"
#include "support/run_program.h"

namespace mma::test {

/// The path of one of our programs.
std::string program(const char* name);

/// A small demo as a pack with its backbone, in a folder of its own.
struct DemoPack {
  explicit DemoPack(const DemoOptions& options);
  /// Writes a recipe beside the pack.
  fs::path recipe(const std::string& name, const std::string& text) const;
  std::vector<std::string> train_command(const fs::path& recipe, const fs::path& out,
                                         const std::vector<std::string>& more = {}) const;
  ProgramResult train(const fs::path& recipe, const fs::path& out,
                      const std::vector<std::string>& more = {},
                      const std::function<void(pid_t)>& meanwhile = {}) const;
  ProgramResult evaluate(const fs::path& run, const std::vector<std::string>& more = {}) const;

  ScratchDir dir;
  fs::path pack = dir / "demo.h5", backbone = dir / "backbone";
};

/// A demo with a recipe, and a run on it that nothing disturbed; its test looks at `first`.
struct DemoRun : DemoPack {
  DemoRun(const DemoOptions& options, const std::string& text) : DemoPack(options) {
    file = recipe("recipe", text);
    first = train(file, whole);
  }
  std::vector<std::string> command(const fs::path& out,
                                   const std::vector<std::string>& more = {}) const {
    return train_command(file, out, more);
  }
  fs::path file, whole = dir / "whole";
  ProgramResult first;
};

/// Waits until the run has written so many lines of metrics.jsonl, then sends the signal.
std::function<void(pid_t)> signal_after(const fs::path& run, int64_t lines, int signal);

}  // namespace mma::test
