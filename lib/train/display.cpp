#include "train/display.h"

#include "base/log.h"

namespace mma {
namespace {

std::string joined(const std::string& one, const std::string& other) {
  return one + (one.empty() || other.empty() ? "" : ", ") + other;
}

}  // namespace

TrainingDisplay::TrainingDisplay(int64_t steps, int64_t done)
    : steps_(steps), progress_("train", "steps", steps, done) {}

void TrainingDisplay::best_before(const std::string& metric, double value) {
  dev_ = fmt::format("best dev {} {:.4f}", metric, value);
  show();
}

void TrainingDisplay::report(const StepReport& line) {
  loss_ = fmt::format("loss {:.4f}", line.loss);
  show();
  if (!progress_.may_tell()) return;
  log_info("train", "step {} of {}: {}, lr {:.2e}, {:.1f} samples/s, {:.0f} tokens/s", line.step,
           steps_, loss_, line.lr, line.samples_per_second, line.tokens_per_second);
}

void TrainingDisplay::evaluated(int64_t epoch, const std::string& metric, double value, bool best) {
  dev_ = fmt::format("dev {} {:.4f}", metric, value);
  show();
  log_info("train", "epoch {}: {}{}", epoch, joined(loss_, dev_), best ? " (best)" : "");
}

void TrainingDisplay::show() { progress_.note(joined(loss_, dev_)); }

}  // namespace mma
