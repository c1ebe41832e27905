#pragma once
#include "models/model.h"
#include "nn/named_modules.h"
#include "recipe/mmbt_config.h"

namespace mma {

/// Multimodal Bitransformer (Kiela et al. 2019, arXiv:1909.02950, section 3): each vector of a
/// modality (K of them where the pack holds segments) is projected to a token, and one BERT, all of
/// it trained, reads
///   [CLS] tokens of modality 1 ... tokens of modality m [SEP]   segment 0, positions 0, 1, ...
///   text without its [CLS] and [SEP]                            segment 1, positions 0, 1, ...
/// as in the authors' code and Hugging Face's; logits = W pooler([CLS]) + b. The tokens of a
/// modality that a sample lacks are left out. Trained: bert.*, proj.MODALITY.{weight,bias},
/// clf.{weight,bias}: the whole backbone + sum over modalities of H (d + 1) + C (H + 1) numbers,
/// with d the width of one vector.
class Mmbt : public Model {
 public:
  Mmbt(const MmbtConfig& config, const ModelParts& parts);
  Sequences sequences(const Batch& batch) const override;
  torch::Tensor forward(const ModelInput& input, Context& context) override;
  NamedTensors trained() override;
  NamedTensors frozen_parameters(int64_t epoch) override;
  BlockAxes block_axes() const override;
  double step_flops(const std::vector<int64_t>& lengths) const override;

 private:
  std::shared_ptr<const Encoder> backbone_;
  std::vector<ModalitySize> modalities_;
  int64_t freeze_text_, freeze_modalities_;
  std::shared_ptr<NamedModules<torch::nn::Linear>> proj_;
  torch::nn::Linear clf_{nullptr};
};

}  // namespace mma
