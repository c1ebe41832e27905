#pragma once
#include <torch/types.h>
#include <torch/utils.h>

#include <map>
#include <memory>
#include <vector>

#include "backbones/encoder.h"
#include "base/files.h"
#include "data/pack.h"
#include "models/model.h"
#include "support/paths.h"
#include "support/untrained_encoder.h"
#include "train/optimizer.h"

namespace mma::test {

/// A small encoder, so that tests of models need no files: 2 layers of 24, 50 words.
inline EncoderConfig small_config() {
  EncoderConfig config;
  config.vocab_size = 50;
  config.hidden_size = 24;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 3;
  config.intermediate_size = 40;
  config.max_position_embeddings = 32;
  return config;
}

/// Such an encoder of another family, of 3 layers.
inline EncoderConfig small_config(const std::string& family) {
  auto keys = untrained_config(family, 50);
  keys["num_hidden_layers"] = keys["n_layers"] = 3;
  test::ScratchDir dir;
  write_atomically(dir / "config.json", keys.dump());
  return read_encoder_config(dir / "config.json");
}

/// With random weights.
inline std::shared_ptr<const Encoder> small_backbone(EncoderOptions options = {},
                                                     const EncoderConfig& config = small_config()) {
  std::map<std::string, torch::Tensor> weights;
  for (auto& [name, shape, role] : encoder_tensors(config))
    weights[name] = 0.3 * torch::randn(shape);
  return std::make_shared<Encoder>(config, weights, options);
}

/// Parts for 4 labels and two modalities: video of 7 numbers, audio of 5.
inline ModelParts parts_of(std::shared_ptr<const Encoder> backbone) {
  return {backbone, {{"video", 7}, {"audio", 5}}, 4, 3};
}

/// Samples of 3 to 20 tokens; some lack a modality.
inline Split random_split(int64_t samples) {
  Split split;
  split.offsets = {0};
  std::vector<int32_t> tokens;
  std::map<std::string, std::vector<float>> values;
  auto fill = [&](const std::string& name, int64_t width, bool present) {
    for (int64_t i = 0; i < width; ++i)
      values[name].push_back(present ? torch::randn({1}).item<float>() : 0.0f);
    split.modalities[name].present.push_back(present);
    split.modalities[name].width = width;
  };
  for (int64_t i = 0; i < samples; ++i) {
    split.ids.push_back(std::to_string(i));
    int64_t length = torch::randint(3, 21, {1}).item<int64_t>();
    for (int64_t t = 0; t < length; ++t)
      tokens.push_back(torch::randint(0, 50, {1}).item<int32_t>());
    split.offsets.push_back(split.offsets.back() + length);
    for (int64_t c = 0; c < 4; ++c)
      split.labels.push_back(static_cast<uint8_t>(torch::randint(0, 2, {1}).item<int64_t>()));
    fill("video", 7, i % 3 != 0);
    fill("audio", 5, i % 4 != 1);
  }
  split.tokens = tokens;
  for (auto& [name, numbers] : values) split.modalities[name].values = numbers;
  return split;
}

/// Logits of these samples as one batch, without dropout.
inline torch::Tensor logits_of(Model& model, const Split& split,
                               const std::vector<int64_t>& samples, const EncoderOptions& options) {
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
