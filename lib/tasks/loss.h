#pragma once
#include <torch/types.h>

#include "data/pack.h"
#include "tasks/objective.h"

namespace mma {

/// The loss of a model's logits x [B, C] against labels y [B, C].
///   multilabel: binary cross entropy with logits,
///     -sum_bc [w_c y_bc log s(x_bc) + (1 - y_bc) log(1 - s(x_bc))], mean over B C
///   multiclass: cross entropy, -sum_b log softmax(x_b)[y_b], mean over B
///   regression: with z = (y - mean) / deviation (TargetScale), mean over B C of
///     mse: (x - z)^2,  mae: |x - z|
class Loss {
 public:
  /// `positive_weights` [C], on the logits' device: the w_c, undefined for 1; multilabel only.
  explicit Loss(Objective objective, torch::Tensor positive_weights = {});
  /// The sum over these samples divided by what the mean over `samples` samples divides by, so that
  /// the losses of the parts of an accumulated batch add up to the mean over the whole of it.
  torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels,
                           int64_t samples) const;

 private:
  Objective objective_;
  torch::Tensor positive_weights_;
};

/// w_c = N / positives of label c in `train` (N where it has none), as the published code weighs.
torch::Tensor inverse_frequency(const Split& train);

/// Scores of classes in [0, 1], sigmoid or softmax of the logits; of real targets the prediction in
/// their own units, fp64.
torch::Tensor scores_of(const torch::Tensor& logits, const Objective& objective);

}  // namespace mma
