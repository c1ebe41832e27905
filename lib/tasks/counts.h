#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace mma {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// part / whole, 0 where there is no whole.
inline double ratio(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// What decisions did right and wrong.
struct Counts {
  int64_t tp = 0, fp = 0, fn = 0;
  void add(bool truth, bool predicted, int64_t times = 1) {
    tp += (truth && predicted) * times;
    fp += (!truth && predicted) * times;
    fn += (truth && !predicted) * times;
  }
  int64_t positives() const { return tp + fn; }
  double f1() const { return ratio(2 * tp, 2 * tp + fp + fn); }
  double precision() const { return ratio(tp, tp + fp); }
  double recall() const { return ratio(tp, tp + fn); }
};

inline Counts sum_of(const std::vector<Counts>& all) {
  Counts total;
  for (auto& c : all) total.tp += c.tp, total.fp += c.fp, total.fn += c.fn;
  return total;
}

/// A mean with weights that passes over NaN; `empty` where no weight is left.
class Mean {
 public:
  explicit Mean(double empty = kUndefined) : empty_(empty) {}
  void add(double value, double weight = 1) {
    if (std::isnan(value) || weight == 0) return;
    sum_ += weight * value;
    weights_ += weight;
  }
  double value() const { return weights_ == 0 ? empty_ : sum_ / weights_; }

 private:
  double sum_ = 0, weights_ = 0, empty_;
};

}  // namespace mma
