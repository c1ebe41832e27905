#include "tasks/metric_choice.h"

#include <cmath>

#include "tasks/metric_direction.h"

namespace mma {

std::vector<std::string> undefined_metrics(const Task& task, const Predictions& truth) {
  // What the right scores do not define no scores do.
  std::vector<std::string> names;
  for (auto& [name, value] : task.metrics(task.extreme(truth, true)))
    if (std::isnan(value)) names.push_back(name);
  return names;
}

std::vector<std::string> telling_metrics(const Task& task, const Predictions& truth) {
  auto best = task.metrics(task.extreme(truth, true)),
       worst = task.metrics(task.extreme(truth, false));
  std::vector<std::string> names;
  for (size_t i = 0; i < best.size(); ++i)
    if (is_better(best[i].first, best[i].second, worst[i].second)) names.push_back(best[i].first);
  return names;
}

}  // namespace mma
