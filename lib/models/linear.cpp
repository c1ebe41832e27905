#include "models/linear.h"

namespace mma {

void FrozenLinearConfig::fields(Fields& f) {
  f.field("dropout", dropout, "inside the classifier", {0, 0.9});
  f.field("init_std", init_std, "standard deviation of the initial matrices", {0, 1});
}

void FrozenLinearConfig::check(const BertConfig&, const std::vector<std::string>& modalities,
                               Faults& faults) const {
  if (!modalities.empty())
    faults.add("model", fmt::format("modalities: linear is text alone, found [{}]; give []",
                                    fmt::join(modalities, ", ")));
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

torch::Tensor FrozenLinear::forward(const ModelInput& input, Context& context) {
  torch::Tensor pooled;
  {
    torch::NoGradGuard frozen;
    Context plain{input.modalities, {}, nullptr};
    auto hidden = backbone_->embed(input.ids, input.positions, input.segments, plain);
    pooled = backbone_->pool(backbone_->encode(hidden, input.rows, {}, plain));
  }
  return classifier_->forward(pooled, context.dropout);
}

NamedTensors FrozenLinear::trained() {
  NamedTensors all;
  for (auto& item : named_parameters()) all.emplace_back(item.key(), item.value());
  return all;
}

double FrozenLinear::step_flops(const std::vector<int64_t>& lengths) const {
  double total = 0;
  for (int64_t length : lengths)
    total += static_cast<double>(backbone_->config().num_hidden_layers - 1) *
                 backbone_->layer_flops(length) +
             backbone_->last_layer_flops(length);
  return total;
}

}  // namespace mma
