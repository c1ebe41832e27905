#include "models/adapter_fusion.h"

#include "models/backbone.h"
namespace mma {

FusedAdapters::FusedAdapters(const FusedAdaptersConfig& config, const ModelParts& parts)
    : backbone_(parts.backbone),
      parts_(parts.trained),
      value_regulariser_(config.value_regulariser) {
  const auto& encoder = backbone_->config();
  plugins_.resize(static_cast<size_t>(encoder.num_hidden_layers));
  auto layers = std::make_shared<NamedModules<LayerFusion>>();
  for (auto& [name, part] : parts_)
    for (auto& [key, tensor] : part->trained()) tensor.requires_grad_(false);
  for (size_t l = 0; l < plugins_.size(); ++l) {
    LayerFusion layer;
    auto fuse = [&](const std::string& place, SublayerPlugin* LayerPlugins::*plugin) {
      std::vector<std::pair<std::string, SublayerPlugin*>> adapters;
      for (auto& [name, part] : parts_)
        if (auto* adapter = part->adapters().at(l).*plugin) adapters.emplace_back(name, adapter);
      if (adapters.empty()) return;
      AdapterFusion fusion(encoder.hidden_size, adapters);
      fusion->initialise(config.init_std, parts.seed, fmt::format("fusion.layer.{}.{}.", l, place));
      layer->add(place, fusion);
      fusions_.push_back(fusion);
      plugins_[l].*plugin = fusion.get();
    };
    fuse("attention", &LayerPlugins::attention);
    fuse("output", &LayerPlugins::output);
    if (!layer->children().empty()) layers->add(std::to_string(l), layer);
  }
  auto fusion = register_module("fusion", std::make_shared<torch::nn::Module>());
  fusion->register_module("layer", layers);
  classifier_ = register_module(
      "classifier", Classifier(encoder.hidden_size, parts.labels, encoder.hidden_dropout_prob));
  classifier_->initialise(config.init_std, parts.seed, "classifier.");
  to(backbone_->options().device);
}

torch::Tensor FusedAdapters::forward(const ModelInput& input, Context& context) {
  auto hidden = embed_text(*backbone_, input, context);
  auto summary = backbone_->encode(hidden, input.rows, plugins_, context);
  return classifier_->forward(summary, context.dropout);
}

torch::Tensor FusedAdapters::penalty() {
  if (value_regulariser_ == 0) return {};
  torch::Tensor sum;
  for (auto& fusion : fusions_) {
    auto distance = fusion->distance_from_identity();
    sum = sum.defined() ? sum + distance : distance;
  }
  return value_regulariser_ * sum;
}

double FusedAdapters::step_flops(const std::vector<int64_t>& lengths) const {
  const auto h = static_cast<double>(backbone_->config().hidden_size);
  double total = 0;  // the parts' adapters are not counted
  for (int64_t length : lengths)
    total += plugin_step_flops(*backbone_, plugins_, length, 2 * 3 * h * h);
  return total;
}

}  // namespace mma
