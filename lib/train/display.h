#pragma once
#include <cstdint>
#include <string>

#include "base/progress.h"
#include "run/metrics_log.h"

namespace mma {

/// What a training shows of itself while it runs: on a terminal a bar with rate, time left, loss
/// and the last dev metric; elsewhere and in train.log a line of the first report and then at most
/// one in ten seconds, and a line an epoch.
class TrainingDisplay {
 public:
  TrainingDisplay(int64_t steps, int64_t done);
  /// The best so far of a run that goes on.
  void best_before(const std::string& metric, double value);
  /// A step was taken.
  void advance() { progress_.advance(); }
  void report(const StepReport& line);
  void evaluated(int64_t epoch, const std::string& metric, double value, bool best);

 private:
  void show();
  int64_t steps_;
  Progress progress_;
  std::string loss_, dev_;
};

}  // namespace mma
