#pragma once
#include <string>
#include <utility>
#include <vector>

#include "data/pack.h"

namespace mma {

/// How real targets y are standardised, so that losses, gradients and learning rates do not depend
/// on their units: a model's outputs are z = (y - mean) / deviation, and what it predicts is
/// mean + deviation z, in the targets' own units.
struct TargetScale {
  std::vector<double> mean, deviation;  ///< [C]; neither of classes
};
/// Mean and deviation (over N) of each target of these samples; a deviation of 1 where a target is
/// constant, as scikit-learn's StandardScaler has it.
TargetScale target_scale(const Split& train);

/// What a model's outputs are trained to be, without their tensors (tasks/loss.h has these).
struct Objective {
  Objective(LabelKind kind = LabelKind::kMultilabel, std::string regression_loss = "mse",
            TargetScale scale = {})
      : kind(kind), regression_loss(std::move(regression_loss)), scale(std::move(scale)) {}
  LabelKind kind;
  std::string regression_loss;  ///< mse or mae, of real targets
  TargetScale scale;            ///< of real targets
};

}  // namespace mma
