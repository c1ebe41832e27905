#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "tasks/loss.h"
#include "train/optimizer.h"
#include "train/session.h"

namespace mma {

/// One step of the optimizer over a group of batches: gradients, clipping, AdamW, and the model's
/// own constraints.
class TrainingStep {
 public:
  explicit TrainingStep(Session& session);
  /// Forward and backward over the parts of the group that makes step `step` (counted from 0; it
  /// chooses the dropout masks). Returns the loss, or nothing if a signal came between the parts.
  /// MachineError where memory does not suffice.
  std::optional<double> gradients(const std::vector<BatchPlan>& group, int64_t step);
  /// Clips the gradients, whose norm is `norm`, and moves the parameters.
  void take(double norm, double lr);
  FlatParameters& parameters() { return parameters_; }
  AdamW& optimizer() { return optimizer_; }

 private:
  Session& s_;
  FlatParameters parameters_;
  AdamW optimizer_;
  Loss loss_;
};

}  // namespace mma
