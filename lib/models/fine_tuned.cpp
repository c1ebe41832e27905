#include "models/fine_tuned.h"

#include "models/backbone.h"
namespace mma {

FineTuned::FineTuned(const FineTunedConfig& config, const ModelParts& parts)
    : backbone_(parts.backbone) {
  const auto& encoder = backbone_->config();
  classifier_ = register_module(
      "classifier", Classifier(encoder.hidden_size, parts.labels, encoder.hidden_dropout_prob));
  classifier_->initialise(config.init_std, parts.seed, "classifier.");
  to(backbone_->options().device);
}

torch::Tensor FineTuned::forward(const ModelInput& input, Context& context) {
  auto hidden = embed_text(*backbone_, input, context);
  return classifier_->forward(backbone_->encode(hidden, input.rows, {}, context), context.dropout);
}

NamedTensors FineTuned::trained() {
  auto all = Model::trained();
  for (auto& item : named_as_trained(*backbone_, backbone_->tensors())) all.push_back(item);
  return all;
}

double FineTuned::step_flops(const std::vector<int64_t>& lengths) const {
  double total = 0;
  for (int64_t length : lengths) total += 3 * backbone_->forward_flops(length);
  return total;
}

}  // namespace mma
