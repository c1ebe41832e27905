#include "tasks/target_metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tasks/counts.h"

namespace mma {
namespace {

using Times = std::vector<uint32_t>;
using Values = std::vector<double>;

// The mean of a number of each sample, or its root.
class ErrorMean : public WeightedMetric {
 public:
  ErrorMean(Values errors, bool root) : errors_(std::move(errors)), root_(root) {}
  double operator()(const Times& times) const override {
    Mean mean;
    for (size_t i = 0; i < errors_.size(); ++i) mean.add(errors_[i], times[i]);
    return root_ ? std::sqrt(mean.value()) : mean.value();
  }

 private:
  Values errors_;
  bool root_;
};

double correlation(const Values& x, const Values& y, const Times& times) {
  Mean mean_x, mean_y;
  double low_x = INFINITY, low_y = INFINITY, high_x = -INFINITY, high_y = -INFINITY;
  for (size_t i = 0; i < x.size(); ++i) {
    if (times[i] == 0) continue;
    mean_x.add(x[i], times[i]);
    mean_y.add(y[i], times[i]);
    low_x = std::min(low_x, x[i]), high_x = std::max(high_x, x[i]);
    low_y = std::min(low_y, y[i]), high_y = std::max(high_y, y[i]);
  }
  if (low_x >= high_x || low_y >= high_y) return kUndefined;
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double dx = x[i] - mean_x.value(), dy = y[i] - mean_y.value(), n = times[i];
    xx += n * dx * dx;
    yy += n * dy * dy;
    xy += n * dx * dy;
  }
  return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

class Pearson : public WeightedMetric {
 public:
  explicit Pearson(TargetColumn column) : column_(std::move(column)) {}
  double operator()(const Times& times) const override {
    return correlation(column_.truth, column_.predicted, times);
  }

 private:
  TargetColumn column_;
};

// The ranks of values, sorted once, as if each were there so many times.
class Ranks {
 public:
  explicit Ranks(const Values& values) : order_(values.size()), begins_(values.size()) {
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::sort(order_.begin(), order_.end(),
              [&](size_t a, size_t b) { return values[a] < values[b]; });
    for (size_t k = 0; k < order_.size(); ++k)
      begins_[k] = k == 0 || values[order_[k]] != values[order_[k - 1]];
  }
  Values operator()(const Times& times) const {
    Values ranks(order_.size(), 0);
    double before = 0;
    for (size_t k = 0; k < order_.size();) {
      size_t end = k;
      double equal = 0;
      do equal += times[order_[end++]];
      while (end < order_.size() && !begins_[end]);
      for (; k < end; ++k) ranks[order_[k]] = before + (equal + 1) / 2;
      before += equal;
    }
    return ranks;
  }

 private:
  std::vector<size_t> order_;
  std::vector<uint8_t> begins_;  // whether another value begins at this place of the order
};

class Spearman : public WeightedMetric {
 public:
  explicit Spearman(const TargetColumn& column)
      : truth_(column.truth), predicted_(column.predicted) {}
  double operator()(const Times& times) const override {
    return correlation(truth_(times), predicted_(times), times);
  }

 private:
  Ranks truth_, predicted_;
};

enum class Zero { kPositive, kLeftOut };

// A figure of the sign: what is not positive is negative.
class SignFigure : public WeightedMetric {
 public:
  SignFigure(const TargetColumn& column, Zero zero, double (*figure)(const Counts&, const Counts&))
      : figure_(figure) {
    for (size_t i = 0; i < column.truth.size(); ++i) {
      const double y = column.truth[i], s = column.predicted[i];
      const bool with_zero = zero == Zero::kPositive;
      counted_.push_back(with_zero || y != 0);
      truth_.push_back(with_zero ? y >= 0 : y > 0);
      predicted_.push_back(with_zero ? s >= 0 : s > 0);
    }
  }
  double operator()(const Times& times) const override {
    Counts positive, negative;
    for (size_t i = 0; i < truth_.size(); ++i) {
      if (!counted_[i]) continue;
      positive.add(truth_[i], predicted_[i], times[i]);
      negative.add(!truth_[i], !predicted_[i], times[i]);
    }
    if (positive.positives() == 0 || negative.positives() == 0) return kUndefined;
    return figure_(positive, negative);
  }

 private:
  double (*figure_)(const Counts& positive, const Counts& negative);
  std::vector<uint8_t> counted_, truth_, predicted_;
};

double accuracy_of_sign(const Counts& positive, const Counts& negative) {
  return ratio(positive.tp + negative.tp, positive.positives() + negative.positives());
}

double f1_of_sign(const Counts& positive, const Counts& negative) {
  Mean mean;
  for (auto* sign : {&positive, &negative})
    mean.add(sign->f1(), static_cast<double>(sign->positives()));
  return mean.value();
}

using Made = std::unique_ptr<WeightedMetric>;

template <bool kSquared>
Made error(const TargetColumn& column) {
  Values errors;
  for (size_t i = 0; i < column.truth.size(); ++i) {
    const double e = column.truth[i] - column.predicted[i];
    errors.push_back(kSquared ? e * e : std::abs(e));
  }
  return std::make_unique<ErrorMean>(std::move(errors), kSquared);
}
template <class Metric>
Made made(const TargetColumn& column) {
  return std::make_unique<Metric>(column);
}
template <Zero kZero, double (*kFigure)(const Counts&, const Counts&)>
Made sign(const TargetColumn& column) {
  return std::make_unique<SignFigure>(column, kZero, kFigure);
}

}  // namespace

TargetColumn target_column(const Predictions& p, size_t target) {
  TargetColumn column;
  const auto width = static_cast<size_t>(p.labels);
  for (size_t at = target; at < p.targets.size(); at += width) {
    column.truth.push_back(p.targets[at]);
    column.predicted.push_back(p.scores[at]);
  }
  return column;
}

const Table<TargetMetricMaker>& target_metrics() {
  static const Table<TargetMetricMaker> table = {
      {"mae", error<false>},
      {"rmse", error<true>},
      {"pearson", made<Pearson>},
      {"spearman", made<Spearman>},
      {"acc2_has0", sign<Zero::kPositive, accuracy_of_sign>},
      {"acc2_non0", sign<Zero::kLeftOut, accuracy_of_sign>},
      {"f1_sign_has0", sign<Zero::kPositive, f1_of_sign>},
      {"f1_sign_non0", sign<Zero::kLeftOut, f1_of_sign>}};
  return table;
}

}  // namespace mma
