#include "base/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace mma {

Progress::Progress(std::string stage, std::string unit, int64_t total, int64_t done)
    : stage_(std::move(stage)),
      unit_(std::move(unit)),
      total_(total),
      before_(done),
      done_(done),
      terminal_(has_terminal()),
      start_(Clock::now()),
      last_(terminal_ ? Clock::time_point{} : start_) {}  // a bar is there from the first on

Progress::~Progress() {
  if (terminal_ && shown_) show_status("");
}

void Progress::advance(int64_t count) {
  done_ += count;
  auto now = Clock::now();
  auto interval = terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(10000);
  if (now - last_ >= interval) show(now);
}

void Progress::show(Clock::time_point now) {
  last_ = now;
  double seconds = std::chrono::duration<double>(now - start_).count();
  double rate = static_cast<double>(done_ - before_) / std::max(seconds, 1e-9);
  double left = rate > 0 ? static_cast<double>(total_ - done_) / rate : 0;
  auto text = fmt::format("{} of {} {}, {:.1f}/s, {} left", done_, total_, unit_, rate,
                          format_duration(left));
  if (terminal_) {
    constexpr int64_t kWidth = 24;
    auto filled = static_cast<size_t>(kWidth * done_ / std::max<int64_t>(total_, 1));
    filled = std::min<size_t>(filled, kWidth);
    show_status(fmt::format("[{}] {}{} {}", stage_, std::string(filled, '#'),
                            std::string(kWidth - filled, '.'), text));
    shown_ = true;
  } else {
    log_info(stage_, "{}", text);
  }
}

std::string format_duration(double seconds) {
  auto s = static_cast<int64_t>(seconds + 0.5);
  if (s >= 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

}  // namespace mma
