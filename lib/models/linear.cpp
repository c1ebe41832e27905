#include "models/linear.h"

#include "models/frozen_text.h"

namespace mma {

void FrozenLinearConfig::fields(Fields& f) {
  f.field("dropout", dropout, "inside the classifier", {0, 0.9});
  f.field("init_std", init_std, "standard deviation of the initial matrices", {0, 1});
}

void FrozenLinearConfig::check(const ModelSetting& setting, Faults& faults) const {
  check_text_only("linear", setting, faults);
}

std::shared_ptr<Model> FrozenLinearConfig::build(const ModelParts& parts) const {
  return std::make_shared<FrozenLinear>(*this, parts);
}

FrozenLinear::FrozenLinear(const FrozenLinearConfig& config, const ModelParts& parts)
    : backbone_(parts.backbone) {
  classifier_ = register_module(
      "classifier", Classifier(backbone_->config().hidden_size, parts.labels, config.dropout));
  classifier_->initialise(config.init_std, parts.seed, "classifier.");
  to(backbone_->options().device);
}

torch::Tensor FrozenLinear::frozen(const ModelInput& input) {
  return pick(text_vectors(), "text vector", "pooled")(*backbone_, input);
}

torch::Tensor FrozenLinear::forward(const ModelInput& input, Context& context) {
  return classifier_->forward(input.frozen.defined() ? input.frozen : frozen(input),
                              context.dropout);
}

double FrozenLinear::step_flops(const std::vector<int64_t>& lengths) const {
  const auto h = static_cast<double>(backbone_->config().hidden_size);
  return 3 * 2 * h * h *
         static_cast<double>(lengths.size());  // the text's vectors are computed once
}

}  // namespace mma
