#include "tasks/objective.h"

#include "data/target_review.h"

namespace mma {

TargetScale target_scale(const Split& train) {
  TargetScale scale;
  for (auto& spread : spread_of(train.targets, static_cast<size_t>(train.label_count()))) {
    scale.mean.push_back(spread.mean);
    scale.deviation.push_back(spread.distinct == 1 ? 1 : spread.deviation);
  }
  return scale;
}

}  // namespace mma
