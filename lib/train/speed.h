#pragma once
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/clock.h"
#include "run/metrics_log.h"

namespace mma {

/// How fast the steps since the last report were.
class Speed {
 public:
  /// Forgets what was; time begins now.
  void restart() { *this = Speed(); }
  /// A step over texts of these lengths, of so many operations.
  void add(const std::vector<int64_t>& lengths, double flops) {
    samples_ += static_cast<double>(lengths.size());
    tokens_ += static_cast<double>(std::accumulate(lengths.begin(), lengths.end(), int64_t{0}));
    flops_ += flops;
  }
  void waited(double seconds) { wait_seconds_ += seconds; }
  /// Fills a report's figures; `peak` is the machine's, of all processes, in operations a second.
  void tell(StepReport& report, double peak) const {
    const double seconds = seconds_since(begin_);
    report.samples_per_second = samples_ / seconds;
    report.tokens_per_second = tokens_ / seconds;
    report.matrix_peak_share = flops_ / seconds / peak;
    report.data_wait_fraction = wait_seconds_ / seconds;
  }

 private:
  Clock::time_point begin_ = Clock::now();
  double samples_ = 0, tokens_ = 0, flops_ = 0, wait_seconds_ = 0;
};

}  // namespace mma
