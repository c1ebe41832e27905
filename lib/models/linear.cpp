#include "models/linear.h"

#include "models/backbone.h"

namespace mma {

FrozenLinear::FrozenLinear(const FrozenLinearConfig& config, const ModelParts& parts)
    : backbone_(parts.backbone) {
  classifier_ = register_module(
      "classifier", Classifier(backbone_->config().hidden_size, parts.labels, config.dropout));
  classifier_->initialise(config.init_std, parts.seed, "classifier.");
  to(backbone_->options().device);
}

torch::Tensor FrozenLinear::precompute(const ModelInput& input) {
  return frozen_summary(*backbone_, input);
}

torch::Tensor FrozenLinear::forward(const ModelInput& input, Context& context) {
  return classifier_->forward(input.precomputed.defined() ? input.precomputed : precompute(input),
                              context.dropout);
}

double FrozenLinear::step_flops(const std::vector<int64_t>& lengths) const {
  const auto h = static_cast<double>(backbone_->config().hidden_size);
  return 3 * 2 * h * h *
         static_cast<double>(lengths.size());  // the text's vectors are computed once
}

}  // namespace mma
