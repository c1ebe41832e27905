#pragma once
#include <torch/types.h>

#include "data/pack.h"

namespace mma {

/// The loss of a model's logits [B, C] against labels [B, C].
///   multilabel: binary cross entropy with logits,
///     -sum_bc [w_c y_bc log s(x_bc) + (1 - y_bc) log(1 - s(x_bc))], mean over B C
///   multiclass: cross entropy, -sum_b log softmax(x_b)[y_b], mean over B
class Loss {
 public:
  /// `positive_weights` [C]: the w_c, undefined for 1; multilabel only.
  explicit Loss(LabelKind kind, torch::Tensor positive_weights = {});
  /// The sum over these samples divided by what the mean over `samples` samples divides by, so that
  /// the losses of the parts of an accumulated batch add up to the mean over the whole of it.
  torch::Tensor operator()(const torch::Tensor& logits, const torch::Tensor& labels,
                           int64_t samples) const;

 private:
  LabelKind kind_;
  torch::Tensor positive_weights_;
};

/// w_c = N / positives of label c in `train` (N where it has none), as the published code weighs.
torch::Tensor inverse_frequency(const Split& train);

/// Scores in [0, 1]: sigmoid or softmax of the logits.
torch::Tensor scores_of(const torch::Tensor& logits, LabelKind kind);

}  // namespace mma
