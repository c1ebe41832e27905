#pragma once
#include <string>
#include <vector>

#include "models/model.h"

namespace mma {

/// The vectors that a model of late fusion reads of a sample: the text's, from a frozen encoder, as
/// one input among others, and one a modality.
class InputVectors {
 public:
  /// `text`: whether the text is one of them, the first; without it no backbone is needed.
  InputVectors(const ModelParts& parts, bool text);
  const std::vector<ModalitySize>& all() const { return inputs_; }
  bool has_text() const { return backbone_ != nullptr; }
  torch::Device device() const { return device_; }
  /// The texts' vectors, [B, H]; undefined without text. What Model::precompute gives.
  torch::Tensor precompute(const ModelInput& input) const;
  Precomputed precomputed() const;
  /// One input of a batch; a text is always there.
  ModalityValues get(const std::string& name, const ModelInput& input,
                     const Context& context) const;

 private:
  std::shared_ptr<const Encoder> backbone_;
  torch::Device device_;
  std::vector<ModalitySize> inputs_;
};

}  // namespace mma
