#include "base/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace mma {
namespace {

constexpr std::chrono::milliseconds kBarInterval{200}, kLineInterval{10'000};

}  // namespace

Progress::Progress(std::string stage, std::string unit, int64_t total, int64_t done)
    : stage_(std::move(stage)),
      unit_(std::move(unit)),
      total_(total),
      before_(done),
      done_(done),
      terminal_(has_terminal()),
      start_(Clock::now()),
      last_line_(start_),
      last_call_(start_) {}

Progress::~Progress() {
  if (terminal_ && shown_) show_status("");
}

void Progress::advance(int64_t count) {
  done_ += count;
  tick(Clock::now());
}

void Progress::pass() {
  ++passed_;
  auto now = Clock::now();
  start_ += now - last_call_;
  tick(now);
}

void Progress::tick(Clock::time_point now) {
  last_call_ = now;
  if (terminal_ ? now - last_ >= kBarInterval : now - last_line_ >= kLineInterval) show(now);
}

bool Progress::may_tell() {
  auto now = Clock::now();
  if (told_ && now - last_line_ < kLineInterval) return false;
  told_ = true;
  last_line_ = now;
  return true;
}

void Progress::show(Clock::time_point now) {
  last_ = now;
  double seconds = std::chrono::duration<double>(now - start_).count();
  double rate = static_cast<double>(done_ - before_) / std::max(seconds, 1e-9);
  double left = rate > 0 ? static_cast<double>(total_ - done_) / rate : 0;
  auto pace =
      rate > 0 && rate < 1 ? fmt::format("{:.1f} s each", 1 / rate) : fmt::format("{:.1f}/s", rate);
  auto text = fmt::format("{} of {} {}", done_, total_, unit_);
  if (rate > 0) text += fmt::format(", {}, {} left", pace, format_duration(left));
  if (passed_ > 0 && passed_ < before_)
    text += fmt::format(", gone over {} of {} done before", passed_, before_);
  if (!note_.empty()) text += ", " + note_;
  if (terminal_) {
    const size_t width = note_.empty() ? 24 : 10;  // of 80 columns
    auto share = static_cast<double>(done_) / static_cast<double>(std::max<int64_t>(total_, 1));
    auto filled = static_cast<size_t>(static_cast<double>(width) * std::min(1.0, share));
    show_status(fmt::format("[{}] {}{} {}", stage_, std::string(filled, '#'),
                            std::string(width - filled, '.'), text));
    shown_ = true;
  } else {
    last_line_ = now;
    log_info(stage_, "{}", text);
  }
}

std::string format_duration(double seconds) {
  auto s = static_cast<int64_t>(seconds + 0.5);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

}  // namespace mma
