#include "tasks/metric_choice.h"

#include <cmath>

#include "tasks/metrics.h"

namespace mma {
namespace {

// The metrics of a model whose scores are the truth, or its opposite.
Metrics extreme(const std::vector<uint8_t>& truth, int64_t labels, bool multiclass, bool right) {
  Predictions p{labels, truth, {}};
  p.scores.reserve(truth.size());
  for (auto one : truth) p.scores.push_back((one != 0) == right ? 1 : 0);
  return multiclass ? multiclass_metrics(p) : multilabel_metrics(p);
}

}  // namespace

std::vector<std::string> undefined_metrics(const std::vector<uint8_t>& truth, int64_t labels,
                                           bool multiclass) {
  // Whether a metric is defined depends on the truth alone: any scores will do.
  std::vector<std::string> names;
  for (auto& [name, value] : extreme(truth, labels, multiclass, true))
    if (std::isnan(value)) names.push_back(name);
  return names;
}

std::vector<std::string> telling_metrics(const std::vector<uint8_t>& truth, int64_t labels,
                                         bool multiclass) {
  auto best = extreme(truth, labels, multiclass, true),
       worst = extreme(truth, labels, multiclass, false);
  std::vector<std::string> names;
  for (size_t i = 0; i < best.size(); ++i)
    if (best[i].second > worst[i].second) names.push_back(best[i].first);
  return names;
}

}  // namespace mma
