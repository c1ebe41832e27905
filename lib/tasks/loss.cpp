#include "tasks/loss.h"

#include <algorithm>
#include <vector>

namespace mma {

Loss::Loss(LabelKind kind, torch::Tensor positive_weights)
    : kind_(kind), positive_weights_(std::move(positive_weights)) {}

torch::Tensor Loss::operator()(const torch::Tensor& logits, const torch::Tensor& labels,
                               int64_t samples) const {
  if (kind_ == LabelKind::kMulticlass) {
    auto log_probability = torch::log_softmax(logits, 1);
    return -(log_probability * labels).sum() / static_cast<double>(samples);
  }
  auto sum = torch::binary_cross_entropy_with_logits(logits, labels, {}, positive_weights_,
                                                     at::Reduction::Sum);
  return sum / static_cast<double>(samples * labels.size(1));
}

torch::Tensor inverse_frequency(const Split& train) {
  const size_t labels = train.labels.size() / train.ids.size();
  std::vector<float> weights(labels, 0.0f);
  for (size_t i = 0; i < train.labels.size(); ++i) weights[i % labels] += train.labels[i];
  for (auto& weight : weights) weight = static_cast<float>(train.size()) / std::max(weight, 1.0f);
  return torch::tensor(weights);
}

torch::Tensor scores_of(const torch::Tensor& logits, LabelKind kind) {
  return kind == LabelKind::kMulticlass ? torch::softmax(logits, 1) : torch::sigmoid(logits);
}

}  // namespace mma
