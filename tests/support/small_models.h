#pragma once
#include <torch/types.h>
#include <torch/utils.h>

#include <memory>

#include "backbones/bert_weights.h"
#include "data/pack.h"
#include "models/model.h"
#include "train/optimizer.h"

namespace mma::test {

/// A small random backbone, so that tests of models need no files: 2 layers of 24, 50 words.
inline std::shared_ptr<const Bert> small_backbone(BertOptions options = {}) {
  BertConfig config;
  config.vocab_size = 50;
  config.hidden_size = 24;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 3;
  config.intermediate_size = 40;
  config.max_position_embeddings = 32;
  std::map<std::string, torch::Tensor> weights;
  for (auto& [name, shape, role] : bert_tensors(config)) weights[name] = 0.3 * torch::randn(shape);
  return std::make_shared<Bert>(config, weights, options);
}

/// Parts for 4 labels and two modalities: video of 7 numbers, audio of 5.
inline ModelParts parts_of(std::shared_ptr<const Bert> backbone) {
  return {backbone, {{"video", 7}, {"audio", 5}}, 4, 3};
}

/// Samples of 3 to 20 tokens; some lack a modality.
inline Split random_split(int64_t samples) {
  Split split;
  split.offsets = {0};
  auto fill = [](ModalityTable& table, int64_t width, bool present) {
    for (int64_t i = 0; i < width; ++i)
      table.values.push_back(present ? torch::randn({1}).item<float>() : 0.0f);
    table.present.push_back(present);
    table.width = width;
  };
  for (int64_t i = 0; i < samples; ++i) {
    split.ids.push_back(std::to_string(i));
    int64_t length = torch::randint(3, 21, {1}).item<int64_t>();
    for (int64_t t = 0; t < length; ++t)
      split.tokens.push_back(torch::randint(0, 50, {1}).item<int32_t>());
    split.offsets.push_back(split.offsets.back() + length);
    for (int64_t c = 0; c < 4; ++c)
      split.labels.push_back(static_cast<uint8_t>(torch::randint(0, 2, {1}).item<int64_t>()));
    fill(split.modalities["video"], 7, i % 3 != 0);
    fill(split.modalities["audio"], 5, i % 4 != 1);
  }
  return split;
}

/// Logits of these samples as one batch, without dropout.
inline torch::Tensor logits_of(Model& model, const Split& split,
                               const std::vector<int64_t>& samples, const BertOptions& options) {
  torch::NoGradGuard no_grad;
  auto input = plan_batch(model, assemble(split, samples), options).input();
  Context context{input.modalities, {}, nullptr};
  return model.forward(input, context);
}

/// AdamW without weight decay, which would move a tensor that gets no gradient, too.
inline AdamW::Options no_decay() {
  AdamW::Options options;
  options.weight_decay = 0;
  return options;
}

/// Numbers in a model's trained tensors.
inline int64_t trained_count(Model& model) {
  int64_t count = 0;
  for (auto& [name, tensor] : model.trained()) count += tensor.numel();
  return count;
}

}  // namespace mma::test
