#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace mma {

/// One of the runs that a command makes.
struct PlannedRun {
  std::filesystem::path out;
  std::vector<std::string> overrides;  ///< of the recipe
};

/// What to train: a run for each combination of the grids' values ("optim.lr=3e-4,1e-3"; commas in
/// brackets belong to a value) and each seed ("1-3"), in OUT/lr=3e-4,bottleneck=64/seed-1; without
/// grids or seeds their part of the name is left out. The first grid changes slowest. UserError for
/// a grid without values, a key that is named twice, what a folder's name cannot hold, and more
/// than 10,000 runs.
std::vector<PlannedRun> plan_runs(const std::filesystem::path& out,
                                  const std::vector<std::string>& overrides,
                                  const std::vector<std::string>& grids, const std::string& seeds);

/// Runs of a sweep that failed: each is told at once, all again at the end.
class FailedRuns {
 public:
  /// `tells`: whether this process, of several that train together, tells them.
  explicit FailedRuns(bool tells = true) : tells_(tells) {}
  /// `code`: what a program exits with that fails so.
  void add(const std::filesystem::path& run, int code, const std::string& message);
  /// AgreedError that names them, if there are any, of `runs` in all; its exit code says whether
  /// the same command may help: that of a fault of this program (1), else of the machine (3), else
  /// of the input (2), else of divergence (4).
  void raise(size_t runs) const;

 private:
  bool tells_;
  std::vector<std::string> lines_;
  std::vector<int> codes_;
};

/// A text as a shell reads it as one word.
std::string shell_word(const std::string& text);

}  // namespace mma
