#include "models/linear.h"

namespace mma {

FrozenLinear::FrozenLinear(const FrozenLinearConfig& config, const ModelParts& parts)
    : inputs_(parts, config.reads_text()) {
  for (auto& input : inputs_.all()) width_ += input.width;
  if (!inputs_.has_text()) {
    norm_ = register_module("norm", std::make_shared<NamedModules<BatchNorm>>());
    for (auto& input : inputs_.all()) norm_->add(input.name, BatchNorm(input.width));
  }
  classifier_ = register_module("classifier", Classifier(width_, parts.labels, config.dropout));
  classifier_->initialise(config.init_std, parts.seed, "classifier.");
  to(inputs_.device());
}

torch::Tensor FrozenLinear::forward(const ModelInput& input, Context& context) {
  std::vector<torch::Tensor> vectors;
  for (auto& [name, width, segments] : inputs_.all()) {
    auto [x, present] = inputs_.get(name, input, context);
    // A summary is as its encoder made it.
    if (norm_) x = norm_->at(name)->forward(x, context.dropout.training, present) * present;
    vectors.push_back(x);
  }
  return classifier_->forward(vectors.size() == 1 ? vectors[0] : torch::cat(vectors, 1),
                              context.dropout);
}

BlockAxes FrozenLinear::block_axes() const {
  auto all = classifier_->block_axes("classifier.");
  if (norm_) all["classifier.dense.weight"] = {BlockAxis::Of::kInputNumbers, 1};
  return all;
}

double FrozenLinear::step_flops(const std::vector<int64_t>& lengths) const {
  const auto h = static_cast<double>(width_);
  return 3 * 2 * h * h *
         static_cast<double>(lengths.size());  // the text's vectors are computed once
}

}  // namespace mma
