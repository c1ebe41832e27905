#include "models/backbone.h"

namespace mma {

torch::Tensor embed_text(const Bert& backbone, const ModelInput& input, Context& context) {
  return backbone.embed(backbone.words(input.ids), input.positions, input.segments, context);
}

NamedTensors named_as_trained(const NamedTensors& backbone_tensors) {
  NamedTensors all;
  for (auto& [name, tensor] : backbone_tensors) all.emplace_back("bert." + name, tensor);
  return all;
}

}  // namespace mma
