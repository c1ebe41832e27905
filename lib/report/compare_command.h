#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace mma {

/// mma-eval compare RUN... [--split test] [--metric NAME] [--format text] [--out FILE]
struct CompareOptions {
  std::vector<std::filesystem::path> runs;  ///< runs, or folders of runs
  std::string split = "test", metric, format = "text";
  std::filesystem::path out;
};
/// Prints one table of the systems that the runs are of, and writes it to `out` where that is
/// given.
void compare(const CompareOptions& options);

}  // namespace mma
