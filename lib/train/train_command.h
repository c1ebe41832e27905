#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace mma {

/// mma-train RECIPE --data PACK --backbone DIR --out RUN [--set key=value]... [--grid key=a,b]...
/// [--seeds 1-5] [--jobs N] [--processes N] [--extend] [--check]
struct TrainOptions {
  std::filesystem::path recipe, data, backbone, run;
  std::string seeds;               ///< "1-5": one run for each, see train/sweep.h
  std::vector<std::string> grids;  ///< "optim.lr=3e-4,1e-3": one run for each value
  bool list_only = false;          ///< prints the runs' commands instead
  std::vector<std::string> overrides;
  int threads = 0;    ///< that compute; 0: see nn/thread_choice.h
  int processes = 0;  ///< that train together on this machine; 0: as the launcher says, or one
  int jobs = 1;       ///< of the runs of `grids` and `seeds` that are trained at a time
  bool check_only = false;
  bool probe = false;   ///< tells what each modality alone makes of the labels, and trains nothing
  bool extend = false;  ///< a run that is there goes on to more epochs or steps
};
/// Starts, goes on with, or reports as finished the run in `run`, or those of `grids` and `seeds`
/// one after the other, or `jobs` of them at a time (train/jobs.h); one that fails does not keep
/// the others from being trained (FailedRuns in train/sweep.h). Where a launcher (parallel/rank.h)
/// started several processes, each calls this, and they train together.
void train(const TrainOptions& options);

}  // namespace mma
