#pragma once
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "data/step_plan.h"
#include "tasks/loss.h"
#include "train/optimizer.h"
#include "train/session.h"

namespace mma {

/// What the processes found together in the forward and backward passes of a step.
struct StepResult {
  double loss = 0;           ///< of the whole step
  bool interrupted = false;  ///< a signal came between the parts: there are no gradients
  int signal = 0;            ///< that came to any of the processes, or 0
};

/// One step of the optimizer over a group of batches: gradients, clipping, AdamW, and the model's
/// own constraints. The processes of the session's group share its samples out; the flat buffer of
/// gradients is summed over them, once, and carries their losses, signals and faults.
class TrainingStep {
 public:
  explicit TrainingStep(Session& session);
  /// Which part of each step this process computes.
  StepSharing sharing() const;
  /// Forward and backward over this process's parts of step `step` (counted from 0; it chooses the
  /// dropout masks), laid out in `parts`. At each process the gradients of the whole step.
  /// MachineError where memory does not suffice. `fault`: what kept this process from laying its
  /// parts out; it ends the step at all of them.
  StepResult gradients(const StepPlan& plan, const std::vector<BatchPlan>& parts, int64_t step,
                       std::exception_ptr fault = {});
  /// Clips the gradients, whose norm is `norm`, and moves the parameters.
  void take(double norm, double lr);
  FlatParameters& parameters() { return parameters_; }
  AdamW& optimizer() { return optimizer_; }

 private:
  /// Forward and backward over one part; its loss goes to the notes.
  void compute_part(const StepPlan& plan, const StepPart& part, const BatchPlan& laid_out,
                    int64_t step);

  Session& s_;
  int64_t places_;  // for the parts' losses, at the beginning of the notes
  FlatParameters parameters_;
  AdamW optimizer_;
  Loss loss_;
};

}  // namespace mma
