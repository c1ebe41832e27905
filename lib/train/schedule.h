#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "recipe/recipe.h"

namespace mma {

/// The learning rate of each step. After a linear warm-up over w steps, with progress
/// q = (step - w) / (total - w):
///   linear 1 - q,  cosine (1 + cos(pi q)) / 2,  constant 1,
///   reduce_on_plateau 1, times `plateau_factor` whenever `plateau_patience` evaluations in a row
///   brought no gain.
class Schedule {
 public:
  Schedule(const OptimSection& optim, int64_t total_steps);
  /// The rate of step 0, 1, ...: step s of the warm-up has (s + 1) / w of the peak.
  double lr(int64_t step) const;
  /// Tells the schedule whether an evaluation was the best so far.
  void evaluated(bool better);
  /// State, for checkpoints.
  double scale = 1;
  int64_t without_gain = 0;

 private:
  const OptimSection optim_;
  int64_t total_, warmup_;
  double (*shape_)(double progress);
};

}  // namespace mma
