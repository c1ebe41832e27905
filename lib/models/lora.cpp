#include "models/lora.h"

#include "models/backbone.h"
#include "recipe/chosen_layers.h"

namespace mma {

LoraModel::LoraModel(const LoraConfig& config, const ModelParts& parts)
    : backbone_(parts.backbone),
      maps_(config.target_maps(parts.backbone->config())),
      rank_(config.rank),
      layers_(std::make_shared<NamedModules<std::shared_ptr<LayerLora>>>()) {
  const auto& encoder = backbone_->config();
  auto chosen = parse_layers(config.layers, encoder.num_hidden_layers);
  plugins_.resize(chosen.size());
  for (size_t l = 0; l < chosen.size(); ++l) {
    if (!chosen[l]) continue;
    auto layer = std::make_shared<LayerLora>();
    for (auto& [name, map] : maps_) {
      Lora lora(map.in, map.out, config.rank, config.alpha, config.lora_dropout);
      lora->initialise(config.init_std, parts.seed, fmt::format("lora.layer.{}.{}.", l, name));
      plugins_[l].linear.*pick(linear_plug_points(), "linear map", name) = lora.get();
      layer->add(name, lora);
    }
    layers_->add(std::to_string(l), layer);
  }
  auto lora = register_module("lora", std::make_shared<torch::nn::Module>());
  lora->register_module("layer", layers_);
  classifier_ = register_module(
      "classifier", Classifier(encoder.hidden_size, parts.labels, encoder.hidden_dropout_prob));
  classifier_->initialise(config.init_std, parts.seed, "classifier.");
  to(backbone_->options().device);
}

torch::Tensor LoraModel::forward(const ModelInput& input, Context& context) {
  auto hidden = embed_text(*backbone_, input, context);
  auto summary = backbone_->encode(hidden, input.rows, plugins_, context);
  return classifier_->forward(summary, context.dropout);
}

double LoraModel::step_flops(const std::vector<int64_t>& lengths) const {
  double total = 0;
  for (int64_t length : lengths) {
    total += frozen_step_flops(*backbone_, plugins_, length);
    for (size_t l = 0; l < plugins_.size(); ++l)
      for (auto& [name, map] : maps_) {
        if (!plugins_[l].any()) continue;
        const bool of_all = name == "key" || name == "value";
        const int64_t rows = of_all ? length : rows_out(*backbone_, l, length);
        total += 3 * 2.0 * static_cast<double>(rows * rank_ * (map.in + map.out));
      }
  }
  return total;
}

NamedTensors LoraModel::head() const {
  NamedTensors all;
  for (auto& item : classifier_->named_parameters())
    all.emplace_back("classifier." + item.key(), item.value());
  return all;
}

std::map<std::string, torch::Tensor> LoraModel::weight_changes() const {
  const auto& encoder = backbone_->config();
  const auto names = encoder_names(encoder);
  std::vector<int> sharing(names.layers.size(), 0);
  for (size_t l = 0; l < plugins_.size(); ++l) ++sharing[encoder.weights_of(l)];
  std::map<std::string, torch::Tensor> changes;
  for (auto& [number, layer] : layers_->items) {
    const auto set = encoder.weights_of(std::stoul(number));
    check_input(sharing[set] == 1,
                "the {} layers of this backbone ({}) share their weights, so that what each has "
                "learned of its own cannot be merged into them",
                sharing[set], encoder.family);
    for (auto& [name, map] : maps_)
      changes[names.layers[set].*map.names + ".weight"] = layer->at(name)->weight_change();
  }
  return changes;
}

}  // namespace mma
