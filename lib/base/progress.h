#pragma once
#include <cstdint>
#include <string>

#include "base/clock.h"

namespace mma {

/// Progress of long work on stderr: a bar with rate and time left on a terminal, a plain line every
/// ten seconds elsewhere. Not for several threads.
class Progress {
 public:
  /// `unit` names what is counted: "samples", "steps".
  /// `done` of `total` were done before.
  Progress(std::string stage, std::string unit, int64_t total, int64_t done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void advance(int64_t count = 1);
  /// Goes over one of those that were done before: the time that it took counts for no rate.
  void pass();
  /// What to show behind the figures from now on: "loss 0.53, dev ap_micro 0.61".
  void note(std::string text) { note_ = std::move(text); }
  /// Whether the caller may tell a line of its own now: the first, then one in ten seconds, those
  /// of advance() counted.
  bool may_tell();

 private:
  void tick(Clock::time_point now);
  void show(Clock::time_point now);
  std::string stage_, unit_, note_;
  int64_t total_, before_, done_, passed_ = 0;
  bool terminal_, shown_ = false, told_ = false;
  Clock::time_point start_, last_line_, last_call_;
  Clock::time_point last_{};  // the bar is there from the first on
};

/// "1:02:03" or "4:05".
std::string format_duration(double seconds);

}  // namespace mma
