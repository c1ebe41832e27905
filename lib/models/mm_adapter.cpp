#include "models/mm_adapter.h"

#include "base/number_list.h"
#include "models/backbone.h"

namespace mma {
std::vector<bool> parse_layers(const std::string& text, int64_t count) {
  std::vector<bool> chosen(static_cast<size_t>(count), text == "all");
  if (text == "all") return chosen;
  for (int64_t layer : parse_number_list(text, 1, count))
    chosen[static_cast<size_t>(layer - 1)] = true;
  return chosen;
}

void MmAdapterConfig::fields(Fields& f) {
  f.field("bottleneck", bottleneck, "width p of the adapters", {1, kWidestBottleneck});
  f.field("activation", activation, "of the down-projections", names_of(activations()));
  f.field("layers", layers, "layers with adapters, counted from 1: all, 7-12, 1,3");
  f.field("placement", placement,
          "houlsby: after both sub-layers of a layer; pfeiffer: after the feed-forward",
          {"houlsby", "pfeiffer"});
  dropout.field(f);
  f.field("init_std", init_std,
          "standard deviation of the initial matrices; 0.02 in the published code", {0, 1});
  f.field("up_init_std", up_init_std, "the same of the up-projections; 0.02 in the published code",
          {0, 1});
  f.field("train_layer_norms", train_layer_norms, "train the backbone's LayerNorms too");
  f.field("share_modality_projections", share_modality_projections,
          "one down-projection a modality for all adapters, instead of one each");
  f.field("frozen_prefix", frozen_prefix,
          "the layers below the lowest adapter: recomputed in every step, with dropout; cached: "
          "computed once for each text, without dropout, and kept in memory",
          {"recomputed", "cached"});
}

std::string MmAdapterConfig::unfit_as_part() const {
  if (!train_layer_norms) return "";
  return "it trained the backbone's LayerNorms, which parts must share; train it with "
         "model.train_layer_norms=false";
}

void MmAdapterConfig::check(const ModelSetting& setting, Faults& faults) const {
  try {
    auto chosen = parse_layers(layers, setting.backbone.num_hidden_layers);
    if (frozen_prefix == "cached" && chosen.front())
      faults.add("model",
                 "model.frozen_prefix: cached: the first layer has adapters, so that nothing below "
                 "them is frozen; name upper layers, as in model.layers: 7-12");
  } catch (const UserError& e) {
    faults.add("model", fmt::format("model.layers: {}", e.what()));
  }
  if (frozen_prefix == "cached" && train_layer_norms)
    faults.add("model",
               "model.frozen_prefix: cached: the LayerNorms of all layers are trained; set "
               "model.train_layer_norms: false, or leave frozen_prefix: recomputed");
}

std::shared_ptr<Model> MmAdapterConfig::build(const ModelParts& parts) const {
  return std::make_shared<MmAdapter>(*this, parts);
}

LayerAdaptersImpl::LayerAdaptersImpl(const AdapterOptions& options, bool after_attention) {
  if (after_attention) attention = register_module("attention", MultimodalAdapter(options));
  output = register_module("output", MultimodalAdapter(options));
}

MmAdapter::MmAdapter(const MmAdapterConfig& config, const ModelParts& parts)
    : backbone_(parts.backbone),
      bottleneck_(config.bottleneck),
      train_layer_norms_(config.train_layer_norms) {
  const auto& bert = backbone_->config();
  auto activation = pick(activations(), "activation", config.activation);
  if (config.share_modality_projections && !parts.modalities.empty()) {
    shared_ = DownProjections(parts.modalities, config.bottleneck, activation, config.layer_norm);
    shared_->initialise(config.init_std, parts.seed, "adapters.shared.");
  }
  AdapterOptions options{bert.hidden_size,  config.bottleneck, activation, parts.modalities,
                         config.layer_norm, config.after_norm, shared_};
  layers_ = std::make_shared<NamedModules<LayerAdapters>>();
  auto chosen = parse_layers(config.layers, bert.num_hidden_layers);
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
      "classifier", Classifier(bert.hidden_size, parts.labels, bert.hidden_dropout_prob));
  classifier_->initialise(config.init_std, parts.seed, "classifier.");
  to(backbone_->options().device);
}

torch::Tensor MmAdapter::frozen(const ModelInput& input) {
  if (cached_layers_ == 0) return {};
  torch::NoGradGuard frozen;
  Context plain;
  return backbone_->prefix(embed_text(*backbone_, input, plain), input.rows, cached_layers_, plain);
}

torch::Tensor MmAdapter::forward(const ModelInput& input, Context& context) {
  torch::Tensor hidden;
  if (cached_layers_ > 0)
    hidden = input.frozen.defined() ? input.frozen : frozen(input);
  else
    hidden = embed_text(*backbone_, input, context);
  auto cls = backbone_->encode(hidden, input.rows, plugins_, context, nullptr, cached_layers_);
  return classifier_->forward(backbone_->pool(cls), context.dropout);
}

double MmAdapter::step_flops(const std::vector<int64_t>& lengths) const {
  const double adapter =
      2 * 2.0 * static_cast<double>(backbone_->config().hidden_size * bottleneck_);  // down, up
  double total = 0;
  for (int64_t length : lengths)
    total += plugin_step_flops(*backbone_, plugins_, length, adapter, cached_layers_);
  return total;
}

NamedTensors MmAdapter::trained() {
  auto all = Model::trained();
  if (train_layer_norms_)
    for (auto& item : named_as_trained(backbone_->layer_norms())) all.push_back(item);
  return all;
}

}  // namespace mma
