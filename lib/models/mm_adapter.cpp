#include "models/mm_adapter.h"

#include "models/backbone.h"
#include "recipe/chosen_layers.h"

namespace mma {
LayerAdaptersImpl::LayerAdaptersImpl(const AdapterOptions& options, bool after_attention) {
  if (after_attention) attention = register_module("attention", MultimodalAdapter(options));
  output = register_module("output", MultimodalAdapter(options));
}

MmAdapter::MmAdapter(const MmAdapterConfig& config, const ModelParts& parts)
    : backbone_(parts.backbone),
      bottleneck_(config.bottleneck),
      train_layer_norms_(config.train_layer_norms) {
  const auto& encoder = backbone_->config();
  auto activation = pick(activations(), "activation", config.activation);
  if (config.share_modality_projections && !parts.modalities.empty()) {
    shared_ = DownProjections(parts.modalities, config.bottleneck, activation, config.layer_norm);
    shared_->initialise(config.init_std, parts.seed, "adapters.shared.");
  }
  AdapterOptions options{encoder.hidden_size, config.bottleneck, activation,
                         parts.modalities,    config.layer_norm, config.after_norm};
  options.parallel = config.placement == "parallel";
  options.scaling = config.scaling;
  options.shared = shared_;
  layers_ = std::make_shared<NamedModules<LayerAdapters>>();
  auto chosen = parse_layers(config.layers, encoder.num_hidden_layers);
  plugins_.resize(chosen.size());
  for (size_t l = 0; l < chosen.size(); ++l) {
    if (!chosen[l]) continue;
    LayerAdapters adapters(options, config.placement == "houlsby");
    auto prefix = fmt::format("adapters.layer.{}.", l);
    if (!adapters->attention.is_empty()) {
      adapters->attention->initialise(config.init_std, config.up_init_std, parts.seed,
                                      prefix + "attention.");
      plugins_[l].attention = adapters->attention.get();
    }
    adapters->output->initialise(config.init_std, config.up_init_std, parts.seed,
                                 prefix + "output.");
    plugins_[l].output = adapters->output.get();
    layers_->add(std::to_string(l), adapters);
  }
  if (config.frozen_prefix == "cached") cached_layers_ = lowest_plugin(plugins_);
  auto adapters = register_module("adapters", std::make_shared<torch::nn::Module>());
  adapters->register_module("layer", layers_);
  if (!shared_.is_empty()) adapters->register_module("shared", shared_);
  classifier_ = register_module(
      "classifier", Classifier(encoder.hidden_size, parts.labels, encoder.hidden_dropout_prob));
  classifier_->initialise(config.init_std, parts.seed, "classifier.");
  to(backbone_->options().device);
}

Precomputed MmAdapter::precomputed() const {
  if (cached_layers_ == 0) return {};
  const auto& options = backbone_->options();
  return {Precomputed::Per::kToken, backbone_->config().hidden_size, options.type,
          fmt::format("hidden states below layer {} in {}", cached_layers_ + 1,
                      precision_name(options))};
}

torch::Tensor MmAdapter::precompute(const ModelInput& input) {
  if (cached_layers_ == 0) return {};
  torch::NoGradGuard no_grad;
  Context plain;
  return backbone_->run_layers(embed_text(*backbone_, input, plain), input.rows, {}, plain, 0,
                               cached_layers_);
}

torch::Tensor MmAdapter::forward(const ModelInput& input, Context& context) {
  torch::Tensor hidden;
  if (cached_layers_ > 0)
    hidden = input.precomputed.defined() ? input.precomputed : precompute(input);
  else
    hidden = embed_text(*backbone_, input, context);
  auto summary = backbone_->encode(hidden, input.rows, plugins_, context, cached_layers_);
  return classifier_->forward(summary, context.dropout);
}

double MmAdapter::step_flops(const std::vector<int64_t>& lengths) const {
  const double adapter =
      2 * 2.0 * static_cast<double>(backbone_->config().hidden_size * bottleneck_);  // down, up
  double total = 0;
  for (int64_t length : lengths)
    total += plugin_step_flops(*backbone_, plugins_, length, adapter, cached_layers_);
  return total;
}

BlockAxes MmAdapter::block_axes() const {
  auto all = classifier_->block_axes("classifier.");
  for (auto& [layer, adapters] : layers_->items)
    for (auto& [place, adapter] :
         {std::pair{"attention", adapters->attention}, {"output", adapters->output}})
      if (!adapter.is_empty())
        all.merge(adapter->block_axes(fmt::format("adapters.layer.{}.{}.", layer, place)));
  return all;
}

NamedTensors MmAdapter::trained() {
  auto all = Model::trained();
  if (train_layer_norms_)
    for (auto& item : named_as_trained(*backbone_, backbone_->layer_norms())) all.push_back(item);
  return all;
}

}  // namespace mma
