#include "report/interval.h"

#include <cmath>
#include <iterator>
#include <numeric>

#include "base/error.h"
#include "tasks/counts.h"

namespace mma {

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
  auto n = static_cast<double>(values.size());
  if (values.empty()) return {kUndefined, kUndefined};
  double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < 2) return {mean, kUndefined};
  double squares = 0;
  for (double x : values) squares += (x - mean) * (x - mean);
  double s = std::sqrt(squares / (n - 1));
  return {mean, student_t_975(std::ssize(values) - 1) * s / std::sqrt(n)};
}

}  // namespace mma
