#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "run/appended_file.h"
#include "tasks/metrics.h"

namespace mma {

/// What training says of the steps since its report before.
struct StepReport {
  int64_t step = 0, epoch = 0;  ///< done so far; the epoch counts from 1
  double loss = 0, lr = 0;      ///< mean over the steps; of the last one
  double samples_per_second = 0, tokens_per_second = 0;
  double matrix_peak_share = 0;   ///< of the machine's measured peak, real tokens only
  double data_wait_fraction = 0;  ///< of the time
  double peak_memory_bytes = 0;   ///< of the process, or of the GPU's memory
};

/// An evaluation of dev after an epoch.
struct EpochReport {
  int64_t step = 0, epoch = 0;
  std::string split;
  double loss = 0;
  Metrics metrics;
};

/// metrics.jsonl: one JSON object a line, each step once.
class MetricsLog {
 public:
  /// As AppendedFile: `bytes` is what a checkpoint knows of the file.
  MetricsLog(const std::filesystem::path& file, int64_t bytes) : file_(file, bytes) {}
  void add(const StepReport& report);
  void add(const EpochReport& report);
  void flush() { file_.flush(); }
  /// Length of the file after flush().
  int64_t bytes() const { return file_.bytes(); }

 private:
  AppendedFile file_;
};

/// What a run's file says of the course of training, in its order: of each report of steps step,
/// loss and lr, of each evaluation step, split, loss and metrics; NaN where null. UserError naming
/// the line.
struct TrainingLog {
  std::vector<StepReport> steps;
  std::vector<EpochReport> evaluations;
};
TrainingLog read_training_log(const std::filesystem::path& file);

/// The reports of steps in a run's file, which may come from anywhere: UserError naming the line.
/// Of each, what compares runs: samples_per_second and peak_memory_bytes.
std::vector<StepReport> read_step_reports(const std::filesystem::path& file);

}  // namespace mma
