#include "report/interval.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "base/error.h"
#include "tasks/counts.h"

namespace mma {
namespace {

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// s^2 of two values or more.
double variance(const std::vector<double>& values, double mean) {
  double squares = 0;
  for (double x : values) squares += (x - mean) * (x - mean);
  return squares / static_cast<double>(values.size() - 1);
}

}  // namespace

double student_t_975(int64_t degrees) {
  static constexpr double kTable[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                      2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                      2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                      2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
  check(degrees >= 1, "student's t: expected at least 1 degree of freedom, found {}", degrees);
  if (degrees <= std::ssize(kTable)) return kTable[degrees - 1];
  if (degrees < 40) return 2.042;
  if (degrees < 60) return 2.021;
  return degrees < 100 ? 2.000 : 1.984;
}

Interval mean_interval(const std::vector<double>& values) {
  if (values.empty()) return {kUndefined, kUndefined};
  double mean = mean_of(values);
  if (values.size() < 2) return {mean, kUndefined};
  double s = std::sqrt(variance(values, mean));
  return {mean, student_t_975(std::ssize(values) - 1) * s /
                    std::sqrt(static_cast<double>(values.size()))};
}

Interval difference_interval(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.empty() || b.empty()) return {kUndefined, kUndefined};
  double mean_a = mean_of(a), mean_b = mean_of(b);
  if (a.size() < 2 || b.size() < 2) return {mean_b - mean_a, kUndefined};
  double of_a = variance(a, mean_a) / static_cast<double>(a.size()),
         of_b = variance(b, mean_b) / static_cast<double>(b.size()), w2 = of_a + of_b;
  if (std::isnan(w2)) return {mean_b - mean_a, kUndefined};
  if (w2 == 0) return {mean_b - mean_a, 0};
  double v = w2 * w2 /
             (of_a * of_a / static_cast<double>(a.size() - 1) +
              of_b * of_b / static_cast<double>(b.size() - 1));
  // Never below the fewer degrees of the two, but for rounding.
  auto degrees = std::max<int64_t>(1, static_cast<int64_t>(v + 1e-9));
  return {mean_b - mean_a, student_t_975(degrees) * std::sqrt(w2)};
}

Bounds percentile_interval(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return {kUndefined, kUndefined};
  std::sort(values.begin(), values.end());
  auto quantile = [&](double share) {
    double place = share * static_cast<double>(values.size() - 1);
    auto below = static_cast<size_t>(place);
    auto above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {quantile(0.025), quantile(0.975)};
}

}  // namespace mma
