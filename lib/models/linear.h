#pragma once
#include "models/model.h"
#include "nn/classifier.h"

namespace mma {

/// The recipe's section of FrozenLinear.
struct FrozenLinearConfig : ModelConfig {
  double init_std = 0.02, dropout = 0.1;
  void fields(Fields& f) override;
  void check(const ModelSetting& setting, Faults& faults) const override;
  std::shared_ptr<Model> build(const ModelParts& parts) const override;
};

/// The floor of every table: the classifier alone on the pooled [CLS] of a frozen BERT, on text.
/// The backbone has no dropout, since nothing in it learns. Trained: classifier.*, that is
/// H (H + 1) + 2 H + C (H + 1) numbers.
class FrozenLinear : public Model {
 public:
  FrozenLinear(const FrozenLinearConfig& config, const ModelParts& parts);
  torch::Tensor forward(const ModelInput& input, Context& context) override;
  torch::Tensor frozen(const ModelInput& input) override;
  FrozenPer frozen_per() const override { return FrozenPer::kSample; }
  double step_flops(const std::vector<int64_t>& lengths) const override;

 private:
  std::shared_ptr<const Bert> backbone_;
  Classifier classifier_{nullptr};
};

}  // namespace mma
