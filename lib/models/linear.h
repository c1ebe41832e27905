#pragma once
#include "models/model.h"
#include "nn/classifier.h"
#include "recipe/linear_config.h"

namespace mma {

/// The floor of every table: the classifier alone on the pooled [CLS] of a frozen BERT, on text.
/// The backbone has no dropout, since nothing in it learns. Trained: classifier.*, that is
/// H (H + 1) + 2 H + C (H + 1) numbers.
class FrozenLinear : public Model {
 public:
  FrozenLinear(const FrozenLinearConfig& config, const ModelParts& parts);
  torch::Tensor forward(const ModelInput& input, Context& context) override;
  torch::Tensor precompute(const ModelInput& input) override;
  PrecomputedPer precomputed_per() const override { return PrecomputedPer::kSample; }
  BlockAxes block_axes() const override { return classifier_->block_axes("classifier."); }
  double step_flops(const std::vector<int64_t>& lengths) const override;

 private:
  std::shared_ptr<const Encoder> backbone_;
  Classifier classifier_{nullptr};
};

}  // namespace mma
