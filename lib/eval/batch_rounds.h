#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "base/progress.h"
#include "models/model.h"
#include "parallel/process_group.h"

namespace mma {

/// What is done with the batches of a split, by a group of processes.
struct RoundWork {
  /// Of one batch, by its number, at one process.
  std::function<void(size_t, const BatchPlan&)> batch;
  /// Of the batches of a round from the first up to, but without, the second, at all processes once
  /// each has done its own.
  std::function<void(size_t, size_t)> round = {};
};

/// Gives every batch to one of the processes, laid out ahead on other threads: the batches go
/// round, a round of near equal ones at a time, after each of which all may stop together where a
/// signal asks: Stopped.
void each_round(const Model& model, const Split& split,
                const std::vector<std::vector<int64_t>>& batches, const Compute& compute,
                const PrecomputedRows& precomputed, const ProcessGroup& group, Progress& progress,
                const RoundWork& work);

}  // namespace mma
