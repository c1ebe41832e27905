#pragma once
#include <torch/types.h>

#include <cstdlib>
#include <map>
#include <string>

#include "backbones/backbone_folder.h"
#include "backbones/encoder_weights.h"
#include "data/batch.h"
#include "models/model.h"
#include "support/paths.h"

namespace mma::test {

/// Where tests marked [parity] compute: MMA_TEST_DEVICE (cuda, cuda:1), else the CPU.
inline torch::Device device() {
  const char* given = std::getenv("MMA_TEST_DEVICE");
  return torch::Device(given ? given : "cpu");
}

/// How far from the reference that device may be which is held to `on_cpu` on the CPU: a GPU sums
/// in another order.
inline double bound(double on_cpu) { return device().is_cpu() ? on_cpu : 10 * on_cpu; }

/// A padded batch of a reference file (input_ids, attention_mask, modality.*, labels) as packed
/// rows; a file without texts gets one token a sample.
inline Batch packed(const std::map<std::string, torch::Tensor>& file) {
  Batch batch;
  bool texts = file.count("input_ids") > 0;
  auto ids =
      texts ? file.at("input_ids") : torch::zeros({file.at("labels").size(0), 1}, torch::kInt64);
  auto mask = texts ? file.at("attention_mask") : torch::ones_like(ids);
  for (int64_t b = 0; b < ids.size(0); ++b) {
    int64_t length = mask[b].sum().item<int64_t>();
    TORCH_CHECK(mask[b].narrow(0, 0, length).min().item<int64_t>() == 1);  // padding stands behind
    batch.samples.push_back(b);
    batch.lengths.push_back(length);
    for (int64_t t = 0; t < length; ++t) batch.tokens.push_back(ids[b][t].item<int32_t>());
  }
  for (auto& [name, tensor] : file) {
    if (name.rfind("modality.", 0) == 0) {
      auto values = tensor.contiguous();
      auto& table = batch.modalities[name.substr(9)];
      table.width = values.numel() / values.size(0);
      table.values.assign(values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
      table.present.assign(static_cast<size_t>(values.size(0)), 1);
    }
    if (name == "labels") {
      auto labels = tensor.contiguous();
      batch.labels.assign(labels.data_ptr<float>(), labels.data_ptr<float>() + labels.numel());
    }
  }
  if (batch.labels.empty()) batch.labels.assign(batch.samples.size(), 0.0f);
  return batch;
}

/// A backbone of the reference folder, without dropout unless `model` is asked to train.
inline std::shared_ptr<const Encoder> backbone(const std::filesystem::path& folder,
                                               const EncoderOptions& options = {{device()}}) {
  auto config = open_backbone(folder).config;
  return std::make_shared<Encoder>(config, read_encoder_weights(folder, config), options);
}

/// The largest difference, relative to the norm of the expected tensor.
inline double relative_error(const torch::Tensor& found, const torch::Tensor& expected) {
  auto difference = found.cpu() - expected.cpu();
  return (difference.norm() / expected.cpu().norm().clamp_min(1e-12)).item<double>();
}
inline double largest_error(const torch::Tensor& found, const torch::Tensor& expected) {
  return (found.cpu() - expected.cpu()).abs().max().item<double>();
}

}  // namespace mma::test
