#pragma once
#include <string>
#include <vector>

#include "train/sweep.h"

namespace mma {

/// Trains runs beside each other, at most `jobs` at a time, each by a process of its own: its
/// arguments are `commands[i]`, its environment has MMA_JOBS (parallel/rank.h) and, where `gpus` is
/// not empty, its slot's CUDA_VISIBLE_DEVICES. What a run says stands in its train.log; here is one
/// line as it begins and one as it ends. A stop signal is passed on to all, none begins any more,
/// and Stopped is thrown once all have saved. Failed ones do not keep the others from being trained
/// (FailedRuns).
void run_jobs(const std::vector<PlannedRun>& runs,
              const std::vector<std::vector<std::string>>& commands, int jobs,
              const std::vector<std::string>& gpus);

/// CUDA_VISIBLE_DEVICES of each of so many jobs of `processes` processes each, out of the GPUs that
/// are seen. UserError where there are not enough.
std::vector<std::string> share_gpus(const std::vector<std::string>& seen, int jobs, int processes);

/// The GPUs that this process sees, as CUDA_VISIBLE_DEVICES names them.
std::vector<std::string> seen_gpus();

}  // namespace mma
