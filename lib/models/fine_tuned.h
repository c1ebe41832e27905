#pragma once
#include "models/backbone_dropout.h"
#include "models/model.h"
#include "nn/classifier.h"

namespace mma {

/// The recipe's section of FineTuned.
struct FineTunedConfig : ModelConfig {
  BackboneDropout dropout;
  double init_std = 0.02;
  void fields(Fields& f) override;
  void adjust(BertConfig& config) const override { dropout.adjust(config); }
  bool trains_backbone() const override { return true; }
  void check(const ModelSetting& setting, Faults& faults) const override;
  std::shared_ptr<Model> build(const ModelParts& parts) const override;
};

/// Full fine-tuning (Devlin et al. 2019, arXiv:1810.04805, section 3.2): BERT on text, all of it
/// trained, and the classifier on its pooled [CLS]. Trained: bert.* by the Hugging Face names, and
/// classifier.*: the whole backbone + H (H + 1) + 2 H + C (H + 1) numbers.
class FineTuned : public Model {
 public:
  FineTuned(const FineTunedConfig& config, const ModelParts& parts);
  torch::Tensor forward(const ModelInput& input, Context& context) override;
  NamedTensors trained() override;
  double step_flops(const std::vector<int64_t>& lengths) const override;

 private:
  std::shared_ptr<const Bert> backbone_;
  Classifier classifier_{nullptr};
};

}  // namespace mma
