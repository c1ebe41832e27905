#include "tasks/weighted_metric.h"

#include <algorithm>

#include "base/error.h"
#include "base/names.h"
#include "tasks/counts.h"
#include "tasks/task.h"

namespace mma {
namespace {

class SampleMean : public WeightedMetric {
 public:
  explicit SampleMean(std::vector<double> values) : values_(std::move(values)) {}
  double operator()(const std::vector<uint32_t>& counts) const override {
    Mean mean;
    for (size_t i = 0; i < values_.size(); ++i) mean.add(values_[i], counts[i]);
    return mean.value();
  }

 private:
  std::vector<double> values_;
};

}  // namespace

std::unique_ptr<WeightedMetric> weighted_metric(const Predictions& p, const Task& task,
                                                const std::string& name) {
  auto known = task.metric_names();
  check_input(std::find(known.begin(), known.end(), name) != known.end(), "{}",
              unknown_name("metric", name, known));
  return task.weighted(p, name);
}

std::unique_ptr<WeightedMetric> mean_over_samples(
    const Predictions& p, const std::function<double(const Predictions& one)>& value) {
  std::vector<double> values;
  for (int64_t i = 0; i < p.size(); ++i) {
    auto from = i * p.labels, to = from + p.labels;
    values.push_back(value({p.labels,
                            {p.truth.begin() + from, p.truth.begin() + to},
                            {p.scores.begin() + from, p.scores.begin() + to}}));
  }
  return std::make_unique<SampleMean>(std::move(values));
}

}  // namespace mma
