#include "tasks/regression.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "tasks/counts.h"
#include "tasks/target_metrics.h"

namespace mma {
namespace {

void check_target_predictions(const Predictions& p) {
  check(p.labels > 0, "metrics: expected at least one target, found {}", p.labels);
  check(
      p.targets.size() == p.scores.size() && p.targets.size() % static_cast<size_t>(p.labels) == 0,
      "metrics: expected rows of {} targets, found {} truths and {} scores", p.labels,
      p.targets.size(), p.scores.size());
  check(std::none_of(p.scores.begin(), p.scores.end(), [](double s) { return !std::isfinite(s); }),
        "metrics: a prediction is not a finite number");
}

class MeanOverTargets : public WeightedMetric {
 public:
  MeanOverTargets(const Predictions& p, TargetMetricMaker make) {
    for (size_t c = 0; c < static_cast<size_t>(p.labels); ++c)
      of_targets_.push_back(make(target_column(p, c)));
  }
  double operator()(const std::vector<uint32_t>& counts) const override {
    Mean mean;
    for (auto& metric : of_targets_) mean.add((*metric)(counts));
    return mean.value();
  }

 private:
  std::vector<std::unique_ptr<WeightedMetric>> of_targets_;
};

std::vector<uint32_t> once_each(const Predictions& p) {
  return std::vector<uint32_t>(static_cast<size_t>(p.size()), 1);
}

class Regression : public Task {
 public:
  Regression()
      : Task({LabelKind::kRegression,
              "real targets",
              "mae",
              Decision::kNone,
              false,
              "its targets do not differ there, or have one sign, and the metric needs more",
              "value",
              {"mae", "rmse", "pearson", "spearman", "acc2_has0"},
              {"mae", "rmse", "pearson", "spearman", "acc2_has0", "f1_sign_has0"},
              {{"mae", "MAE"}, {"rmse", "RMSE"}, {"pearson", "Pearson"}, {"spearman", "Spearman"}},
              "mae"}) {}
  Metrics metrics(const Predictions& p, const std::vector<double>&) const override {
    return regression_metrics(p);
  }
  LabelFigures label_figures(const Predictions& p) const override {
    check_target_predictions(p);
    LabelFigures figures{{}, std::vector<std::vector<double>>(static_cast<size_t>(p.labels)), {}};
    for (auto& [name, head] : about().label_figures) {
      figures.names.push_back(name);
      for (size_t c = 0; c < figures.rows.size(); ++c) {
        auto metric = pick(target_metrics(), "metric", name)(target_column(p, c));
        figures.rows[c].push_back((*metric)(once_each(p)));
      }
    }
    return figures;
  }
  std::unique_ptr<WeightedMetric> weighted(const Predictions& p,
                                           const std::string& name) const override {
    check_target_predictions(p);
    return std::make_unique<MeanOverTargets>(p, pick(target_metrics(), "metric", name));
  }
  // Wrong by more than 1, in the opposite order, and of one sign.
  Predictions extreme(const Predictions& truth, bool right) const override {
    Predictions p = truth;
    p.scores.assign(truth.targets.begin(), truth.targets.end());
    double largest = 0;
    for (double y : p.scores) largest = std::max(largest, std::abs(y));
    if (!right)
      for (auto& score : p.scores)
        score = static_cast<float>(
            std::min<double>(2 * largest + 1 - score, std::numeric_limits<float>::max()));
    return p;
  }
};

}  // namespace

const Task& regression_task() {
  static const Regression task;
  return task;
}

Metrics regression_metrics(const Predictions& p) {
  check_target_predictions(p);
  Metrics metrics;
  for (auto& [name, make] : target_metrics())
    metrics.emplace_back(name, MeanOverTargets(p, make)(once_each(p)));
  return metrics;
}

}  // namespace mma
