#include "run/run_log.h"

namespace mma {

RunLog::RunLog(const RunDirectory& directory, const LogLengths& lengths, bool tensorboard,
               const std::string& recipe)
    : metrics_(directory.metrics(), lengths.metrics) {
  if (!tensorboard) return;
  events_ = std::make_unique<EventLog>(directory.events(), lengths.events);
  // Markdown shows what is indented as it is.
  std::string indented = "    ";
  for (char c : recipe) indented += c == '\n' ? "\n    " : std::string(1, c);
  if (lengths.events == 0) events_->text(0, "recipe", indented);
}

void RunLog::add(const StepReport& r) {
  metrics_.add(r);
  if (!events_) return;
  events_->scalar(r.step, "train/loss", r.loss);
  events_->scalar(r.step, "train/lr", r.lr);
  events_->scalar(r.step, "train/epoch", static_cast<double>(r.epoch));
  events_->scalar(r.step, "speed/samples_per_second", r.samples_per_second);
  events_->scalar(r.step, "speed/tokens_per_second", r.tokens_per_second);
  events_->scalar(r.step, "speed/matrix_peak_share", r.matrix_peak_share);
  events_->scalar(r.step, "speed/data_wait_fraction", r.data_wait_fraction);
  events_->scalar(r.step, "speed/peak_memory_bytes", r.peak_memory_bytes);
}

void RunLog::add(const EpochReport& r, const InputGates& gates) {
  metrics_.add(r);
  if (!events_) return;
  events_->scalar(r.step, r.split + "/loss", r.loss);
  for (auto& [name, figure] : r.metrics) events_->scalar(r.step, r.split + "/" + name, figure);
  for (auto& [input, values] : gates)
    events_->histogram(r.step, fmt::format("{} gates/{}", r.split, input), values, 0, 1);
}

void RunLog::flush() {
  metrics_.flush();
  if (events_) events_->flush();
}

LogLengths RunLog::lengths() const { return {metrics_.bytes(), events_ ? events_->bytes() : 0}; }

}  // namespace mma
