#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "nn/compute.h"

namespace mma {

/// The work that the number of threads is chosen by: one feed-forward block of the model.
struct ThreadProbe {
  int64_t rows = 128;  ///< tokens of a batch, or its samples where they have no text
  int64_t hidden = 768, intermediate = 3072;  ///< 0 without a backbone
};

/// What is known before anything is measured; 0 is nothing.
struct ThreadWish {
  int asked = 0;     ///< by the user, for this command
  int recorded = 0;  ///< that the run was begun with
  int sharing = 1;   ///< processes of this run on the same cores, each of which gets its share
};

/// How many threads compute, and why.
struct ThreadChoice {
  int threads = 1;
  std::string why;      ///< one line for the log
  std::string warning;  ///< where a run goes on with another number than it was begun with, or ""
};

/// Sets the number of threads that compute. In this order: what is asked for, the environment's
/// OMP_NUM_THREADS, what is recorded (as long as that many cores are allowed, so that a run that
/// goes on keeps its bytes), what is fastest here. Cores that are shared are allowed in part.
/// UserError where more is asked for than cores are allowed.
ThreadChoice set_up_threads(const ThreadWish& wish, const ThreadProbe& probe,
                            const Compute& compute);

/// The fastest of 1, 2, 4, ... and all allowed cores for the probe: the least sum of runs in turn,
/// in some 0.6 s; of equal ones (within 5 %) the fewest. Where others use the cores too, each
/// barrier of several threads waits for the scheduler, so that one thread can be 50 times faster.
int fastest_threads(const ThreadProbe& probe, const Compute& compute, int cores);

/// 1, 2, 4, ... below `cores`, and `cores`.
std::vector<int> thread_candidates(int cores);

}  // namespace mma
