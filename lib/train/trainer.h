#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "eval/evaluator.h"
#include "run/checkpoint.h"
#include "run/metrics_log.h"
#include "run/run_dir.h"
#include "train/schedule.h"
#include "train/session.h"
#include "train/step.h"

namespace mma {

/// Trains a session's model into a run directory: epochs of steps, an evaluation of dev after each,
/// the best kept. Goes on from the run's last checkpoint if there is one, and ends with the same
/// bytes as a run that was never interrupted.
class Trainer {
 public:
  Trainer(Session& session, const RunDirectory& directory);
  /// Throws Stopped after saving where a signal asks, DivergedError before a step whose loss or
  /// gradient is not finite.
  void run();
  /// Bytes that the run's files take on the disk at most.
  int64_t checkpoint_bytes();

 private:
  void train_epoch();
  /// One optimizer step over the batches of one group; false if a signal came before it was done.
  bool step(const std::vector<BatchPlan>& group);
  /// A step whose loss or gradient is not finite: counts it, or throws DivergedError.
  void not_finite(const std::vector<BatchPlan>& group, double loss, double norm);
  void evaluate();
  void report();
  /// Saves where training stands. A disk that is full or fails is told, and the next save tries
  /// again: the last good checkpoint stays.
  void checkpoint();
  void save();
  void save_best();
  void finish();
  void tell_end() const;
  void take_last();
  bool finished() const;
  /// What a checkpoint holds of the model, and of the optimizer.
  NamedTensors model_tensors();
  NamedTensors optimizer_tensors();

  Session& s_;
  const RunDirectory& directory_;
  TrainingStep step_;
  Schedule schedule_;
  CheckpointStore checkpoints_;
  TrainState state_;
  PrecomputedRows precomputed_train_, precomputed_dev_;
  int64_t steps_per_epoch_, total_steps_;
  NamedTensors unsaved_best_;  // where saving the best failed
  TrainState unsaved_best_state_;
  std::unique_ptr<MetricsLog> metrics_;
  Clock::time_point last_checkpoint_, last_report_;
  double lr_ = 0, wait_seconds_ = 0;    // since the last report
  int64_t samples_ = 0, tokens_ = 0;    // since the last report
  double flops_ = 0, matrix_peak_ = 0;  // of products since the last report; FLOP/s
};

}  // namespace mma
