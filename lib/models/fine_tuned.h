#pragma once
#include "models/model.h"
#include "nn/classifier.h"
#include "recipe/fine_tuned_config.h"

namespace mma {

/// Full fine-tuning (Devlin et al. 2019, arXiv:1810.04805, section 3.2): BERT on text, all of it
/// trained, and the classifier on its pooled [CLS]. Trained: bert.* by the Hugging Face names, and
/// classifier.*: the whole backbone + H (H + 1) + 2 H + C (H + 1) numbers.
class FineTuned : public Model {
 public:
  FineTuned(const FineTunedConfig& config, const ModelParts& parts);
  torch::Tensor forward(const ModelInput& input, Context& context) override;
  NamedTensors trained() override;
  BlockAxes block_axes() const override { return classifier_->block_axes("classifier."); }
  double step_flops(const std::vector<int64_t>& lengths) const override;

 private:
  std::shared_ptr<const Encoder> backbone_;
  Classifier classifier_{nullptr};
};

}  // namespace mma
