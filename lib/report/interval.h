#pragma once
#include <cstdint>
#include <vector>

namespace mma {

/// The 0.975 quantile of Student's t with so many degrees of freedom (>= 1), from the table of the
/// NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2. Beyond 30 degrees only its
/// rows 40, 60 and 100 are kept, each used up to the next, so that no interval is too narrow.
double student_t_975(int64_t degrees);

/// A mean and half the width of its 95 % confidence interval.
struct Interval {
  double mean = 0;
  double half_width = 0;  ///< NaN for fewer than two values
};

/// mean +- t_{n-1, 0.975} s / sqrt(n), with s^2 = sum (x_i - mean)^2 / (n - 1) (Student 1908, "The
/// probable error of a mean"). NaN without values or where one of them is NaN.
Interval mean_interval(const std::vector<double>& values);

/// The mean of `b` less that of `a`, of runs that were not paired and may scatter differently
/// (Welch 1947, "The generalization of Student's problem when several different population
/// variances are involved"): half width t_{v, 0.975} w with w^2 = s_a^2 / n_a + s_b^2 / n_b and
///   v = w^4 / ((s_a^2 / n_a)^2 / (n_a - 1) + (s_b^2 / n_b)^2 / (n_b - 1)), rounded down.
/// NaN for fewer than two values on a side.
Interval difference_interval(const std::vector<double>& a, const std::vector<double>& b);

/// The ends of an interval; NaN where unknown.
struct Bounds {
  double low = 0, high = 0;
};

/// The 2.5 % and 97.5 % quantiles of a figure's values on resamples (Efron's percentile interval),
/// linear between neighbours as numpy's are. Values that are NaN are left out.
Bounds percentile_interval(std::vector<double> values);

}  // namespace mma
