#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "run/event_log.h"
#include "run/metrics_log.h"
#include "run/run_dir.h"

namespace mma {

/// Lengths of a run's logs, as its checkpoints know them.
struct LogLengths {
  int64_t metrics = 0, events = 0;
};

/// A sample's mean gates of one input of the GMUs (nn/gate_record.h), over the samples of a split.
using InputGates = std::vector<std::pair<std::string, std::vector<double>>>;

/// What a training run says of its course: metrics.jsonl, and where the recipe asks for them
/// (log.tensorboard) TensorBoard's events, the same figures as curves: train/loss, dev/ap_micro.
class RunLog {
 public:
  /// Goes on behind these lengths. `recipe`: the resolved one, shown with the events.
  RunLog(const RunDirectory& directory, const LogLengths& lengths, bool tensorboard,
         const std::string& recipe);
  void add(const StepReport& report);
  /// `gates`: shown with the events; may be empty.
  void add(const EpochReport& report, const InputGates& gates);
  void flush();
  LogLengths lengths() const;

 private:
  MetricsLog metrics_;
  std::unique_ptr<EventLog> events_;
};

}  // namespace mma
