#include "tasks/loss.h"

#include <algorithm>
#include <vector>

#include "base/names.h"

namespace mma {
namespace {

// A task's part that handles tensors. The loss is a sum; `share` is by what it is divided.
struct TensorTask {
  torch::Tensor (*loss)(const torch::Tensor& logits, const torch::Tensor& labels,
                        const Objective& objective, const torch::Tensor& positive_weights);
  int64_t (*share)(int64_t samples, int64_t labels);
  torch::Tensor (*scores)(const torch::Tensor& logits, const Objective& objective);
};

int64_t samples_alone(int64_t samples, int64_t) { return samples; }
int64_t all_pairs(int64_t samples, int64_t labels) { return samples * labels; }

torch::Tensor binary_cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels,
                                   const Objective&, const torch::Tensor& positive_weights) {
  return torch::binary_cross_entropy_with_logits(logits, labels, {}, positive_weights,
                                                 at::Reduction::Sum);
}

torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels,
                            const Objective&, const torch::Tensor&) {
  return -(torch::log_softmax(logits, 1) * labels).sum();
}

torch::Tensor row_of(const std::vector<double>& values, const torch::Tensor& like) {
  return torch::tensor(values, torch::kFloat64).to(like.device());
}

// In fp64 up to the standardised number: a year is far from 0 beside its deviation.
torch::Tensor regression_loss(const torch::Tensor& logits, const torch::Tensor& labels,
                              const Objective& objective, const torch::Tensor&) {
  auto& scale = objective.scale;
  auto standardised =
      ((labels.to(torch::kFloat64) - row_of(scale.mean, labels)) / row_of(scale.deviation, labels))
          .to(logits.scalar_type());
  auto error = logits - standardised;
  return objective.regression_loss == "mae" ? error.abs().sum() : error.square().sum();
}

torch::Tensor sigmoid_scores(const torch::Tensor& logits, const Objective&) {
  return torch::sigmoid(logits);
}
torch::Tensor softmax_scores(const torch::Tensor& logits, const Objective&) {
  return torch::softmax(logits, 1);
}
torch::Tensor target_scores(const torch::Tensor& logits, const Objective& objective) {
  auto& scale = objective.scale;
  return logits.to(torch::kFloat64) * row_of(scale.deviation, logits) + row_of(scale.mean, logits);
}

// By the kind of labels, as tasks() has them.
const TensorTask& tensor_task(LabelKind kind) {
  static const Table<TensorTask> table = {
      {name_of(LabelKind::kMultilabel), {binary_cross_entropy, all_pairs, sigmoid_scores}},
      {name_of(LabelKind::kMulticlass), {cross_entropy, samples_alone, softmax_scores}},
      {name_of(LabelKind::kRegression), {regression_loss, all_pairs, target_scores}}};
  return pick(table, "task", name_of(kind));
}

}  // namespace

Loss::Loss(Objective objective, torch::Tensor positive_weights)
    : objective_(std::move(objective)), positive_weights_(std::move(positive_weights)) {}

torch::Tensor Loss::operator()(const torch::Tensor& logits, const torch::Tensor& labels,
                               int64_t samples) const {
  auto& task = tensor_task(objective_.kind);
  return task.loss(logits, labels, objective_, positive_weights_) /
         static_cast<double>(task.share(samples, labels.size(1)));
}

torch::Tensor inverse_frequency(const Split& train) {
  const size_t labels = train.labels.size() / train.ids.size();
  std::vector<float> weights(labels, 0.0f);
  for (size_t i = 0; i < train.labels.size(); ++i) weights[i % labels] += train.labels[i];
  for (auto& weight : weights) weight = static_cast<float>(train.size()) / std::max(weight, 1.0f);
  return torch::tensor(weights);
}

torch::Tensor scores_of(const torch::Tensor& logits, const Objective& objective) {
  return tensor_task(objective.kind).scores(logits, objective);
}

}  // namespace mma
