#include "models/input_vectors.h"

#include "base/error.h"
#include "models/backbone.h"

namespace mma {

InputVectors::InputVectors(const ModelParts& parts, bool text)
    : backbone_(text ? parts.backbone : nullptr),
      device_(parts.backbone ? parts.backbone->options().device : parts.device) {
  check(!text || backbone_, "a model that reads text needs a backbone");
  if (text) inputs_.push_back({"text", backbone_->config().hidden_size});
  inputs_.insert(inputs_.end(), parts.modalities.begin(), parts.modalities.end());
}

Precomputed InputVectors::precomputed() const {
  if (!has_text()) return {};
  return {Precomputed::Per::kSample, backbone_->config().hidden_size, torch::kFloat32,
          fmt::format("summaries ({}) in {}", name_of(backbone_->summary()),
                      precision_name(backbone_->options()))};
}

torch::Tensor InputVectors::precompute(const ModelInput& input) const {
  if (!has_text()) return {};
  return frozen_summary(*backbone_, input);
}

ModalityValues InputVectors::get(const std::string& name, const ModelInput& input,
                                 const Context& context) const {
  if (name != "text" || !has_text()) return context.modalities.at(name);
  auto vectors = input.precomputed.defined() ? input.precomputed : precompute(input);
  return {vectors, torch::ones({vectors.size(0), 1}, vectors.options())};
}

}  // namespace mma
