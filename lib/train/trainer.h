#pragma once
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "eval/evaluator.h"
#include "run/checkpoint.h"
#include "run/run_dir.h"
#include "run/run_log.h"
#include "train/display.h"
#include "train/precomputed_splits.h"
#include "train/schedule.h"
#include "train/session.h"
#include "train/speed.h"
#include "train/step.h"

namespace mma {

/// Trains a session's model into a run directory: epochs of steps, an evaluation of dev after each,
/// the best kept. Goes on from the run's last checkpoint if there is one, and ends with the same
/// bytes as a run that was never interrupted. Of several processes rank 0 alone reads and writes
/// the run directory; all stop after the same step.
class Trainer {
 public:
  Trainer(Session& session, const RunDirectory& directory);
  /// Throws Stopped after saving where a signal asks, DivergedError before a step whose loss or
  /// gradient is not finite.
  void run();
  /// Before the run counts as begun: where the model begins with another one's tensors, it saves
  /// them as a checkpoint before the first step, so that nothing but the run directory is needed to
  /// go on. MachineError where it cannot.
  void prepare();
  /// Whether all that was to be saved is.
  bool saved() const { return saved_; }
  /// Bytes that the run's files take on the disk at most.
  int64_t checkpoint_bytes();

 private:
  void train_epoch();
  /// Fills model, optimizer and state from the run's last checkpoint, if there is one, or tells the
  /// other processes what they begin with.
  void begin();
  /// One optimizer step, of which `parts` are this process's, laid out. Returns the signal that
  /// came to any process meanwhile, or 0. `fault`: why they are not all there, if so.
  int step(const StepPlan& plan, const std::vector<BatchPlan>& parts,
           const std::exception_ptr& fault);
  /// A step whose loss or gradient is not finite: counts it, or throws DivergedError.
  void not_finite(const StepPlan& plan, double loss, double norm);
  void evaluate();
  void report();
  /// Saves where training stands. A disk that is full or fails is told, and the next save tries
  /// again: the last good checkpoint stays.
  void checkpoint();
  void save();
  void save_best();
  void finish();
  /// The trained model and its evaluation of dev.
  void write_model(const Evaluation& dev, bool best_lost);
  void tell_end() const;
  void take_last();
  bool finished() const;
  /// Rank 0's numbers become those of all.
  void share(const NamedTensors& tensors) const;
  /// What a checkpoint holds of the model, and of the optimizer.
  NamedTensors model_tensors();
  NamedTensors optimizer_tensors();

  Session& s_;
  const RunDirectory& directory_;
  TrainingStep step_;
  Schedule schedule_;
  CheckpointStore checkpoints_;
  TrainState state_;
  PrecomputedSplits precomputed_;
  int64_t steps_per_epoch_, total_steps_;
  NamedTensors unsaved_best_;  // where saving the best failed
  TrainState unsaved_best_state_;
  std::unique_ptr<RunLog> log_;  // rank 0's
  Clock::time_point last_checkpoint_;
  bool saved_ = true;
  double lr_ = 0;           // of the last step
  double matrix_peak_ = 0;  // FLOP/s
  Speed speed_;
  std::unique_ptr<TrainingDisplay> display_;
};

}  // namespace mma
