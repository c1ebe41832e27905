#include "models/backbone.h"

#include <torch/utils.h>

#include "backbones/encoder_weights.h"

namespace mma {

std::shared_ptr<const Encoder> load_backbone(const Backbone& backbone, const ModelConfig& model,
                                             const Compute& compute) {
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
  while (l + 1 < plugins.size() && !plugins[l].attention && !plugins[l].output) ++l;
  return l;
}

double plugin_step_flops(const Encoder& backbone, const std::vector<LayerPlugins>& plugins,
                         int64_t length, double place, size_t first) {
  const size_t lowest = lowest_plugin(plugins), last = plugins.size() - 1;
  double backward = backbone.forward_flops(length, lowest);
  if (lowest < last)  // what lies below the plugin in its own layer
    backward -= plugins[lowest].attention ? backbone.attention_flops(length)
                                          : backward - backbone.forward_flops(length, lowest + 1);
  double total = backbone.forward_flops(length, first) + backward;
  for (size_t l = lowest; l <= last; ++l) {
    double rows = l == last ? 1 : static_cast<double>(length);
    int places = (plugins[l].attention != nullptr) + (plugins[l].output != nullptr);
    total += 3 * places * rows * place;
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
