#include "models/backbone.h"

#include <torch/utils.h>

#include "backbones/encoder_weights.h"

namespace mma {

std::shared_ptr<const Encoder> load_backbone(const Backbone& backbone, const ModelConfig& model,
                                             const Compute& compute) {
  if (!model.reads_text()) return nullptr;
  auto config = backbone.config;
  model.adjust(config);
  EncoderOptions options{compute};
  options.trained = model.trains_backbone();
  return std::make_shared<Encoder>(config, read_encoder_weights(backbone.folder, config), options);
}

torch::Tensor embed_text(const Encoder& backbone, const ModelInput& input, Context& context) {
  return backbone.embed(backbone.token_embeddings(input.ids), input.positions, input.segments,
                        input.rows, context);
}

torch::Tensor frozen_summary(const Encoder& backbone, const ModelInput& input) {
  torch::NoGradGuard no_grad;
  Context plain;
  return backbone.encode(embed_text(backbone, input, plain), input.rows, {}, plain);
}

size_t lowest_plugin(const std::vector<LayerPlugins>& plugins) {
  size_t l = 0;
  while (l + 1 < plugins.size() && !plugins[l].any()) ++l;
  return l;
}

int64_t rows_out(const Encoder& backbone, size_t layer, int64_t length) {
  const auto layers = static_cast<size_t>(backbone.config().num_hidden_layers);
  return layer + 1 == layers && backbone.summary() != Summary::kMean ? 1 : length;
}

double frozen_step_flops(const Encoder& backbone, const std::vector<LayerPlugins>& plugins,
                         int64_t length, size_t first) {
  const size_t lowest = lowest_plugin(plugins), last = plugins.size() - 1;
  const double forward = backbone.forward_flops(length, first);
  const double backward = backbone.forward_flops(length, lowest);
  if (lowest == last) return forward + backward;
  // What lies below the plugin in its own layer.
  const auto t = static_cast<double>(length),
             h = static_cast<double>(backbone.config().hidden_size),
             f = static_cast<double>(backbone.config().intermediate_size);
  const auto& at = plugins[lowest];
  double below = backward - backbone.forward_flops(length, lowest + 1);
  if (at.linear.query || at.linear.key || at.linear.value)
    below = 2 * t * 3 * h * h;
  else if (at.linear.attention_out || at.attention)
    below = backbone.attention_flops(length);
  else if (at.linear.intermediate)
    below = backbone.attention_flops(length) + 2 * t * h * f;
  return forward + backward - below;
}

double plugin_step_flops(const Encoder& backbone, const std::vector<LayerPlugins>& plugins,
                         int64_t length, double place, size_t first) {
  double total = frozen_step_flops(backbone, plugins, length, first);
  for (size_t l = lowest_plugin(plugins); l < plugins.size(); ++l) {
    const int places = (plugins[l].attention != nullptr) + (plugins[l].output != nullptr);
    total += 3 * places * static_cast<double>(rows_out(backbone, l, length)) * place;
  }
  return total;
}

NamedTensors named_as_trained(const Encoder& backbone, const NamedTensors& tensors) {
  NamedTensors all;
  for (auto& [name, tensor] : tensors)
    all.emplace_back(prefixed_name(backbone.config(), name), tensor);
  return all;
}

}  // namespace mma
