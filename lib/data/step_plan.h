#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mma {

/// Samples that are computed together, a batch or a share of one.
struct StepPart {
  std::vector<int64_t> samples;  ///< rows of the split
  std::vector<int64_t> places;   ///< of each among the step's samples
  int64_t number = 0;            ///< of the part among those of all processes
};

/// One step of the optimizer: what it is made of, and what of it one process computes.
struct StepPlan {
  std::vector<int64_t> samples;  ///< of the whole step, in order
  std::vector<StepPart> parts;   ///< of this process
  int64_t batches = 0;           ///< of the epoch that the step takes
};

/// How a step is shared out over the processes that train together.
struct StepSharing {
  int rank = 0, size = 1;
  bool whole = false;  ///< every process computes all of it
};

/// The steps over the batches from `first` on, each of `accumulate` of them, the last perhaps of
/// fewer. Where a step's batches divide evenly among the processes, each computes whole ones, in
/// order; else the samples are dealt out one by one, the longest first, each to the process with
/// the fewest tokens so far, and computed in batches of at most as many samples. `offsets`: of the
/// split's texts, [S + 1].
std::vector<StepPlan> step_plans(const std::vector<std::vector<int64_t>>& batches, size_t first,
                                 int64_t accumulate, const std::vector<int64_t>& offsets,
                                 const StepSharing& sharing);

/// More than the number of any part of such a step.
int64_t most_parts(int64_t accumulate, const StepSharing& sharing);

}  // namespace mma
