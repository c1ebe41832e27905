#pragma once
#include <torch/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "backbones/encoder_config.h"

namespace mma {

/// Reads the encoder's weights from model.safetensors, or pytorch_model.bin where there is none.
/// Names may stand under the family's prefix ("bert.") and LayerNorms be called gamma and beta;
/// heads beside the encoder are left out. A missing or extra tensor of the encoder, or one of
/// another shape or with a number that is not finite, is a UserError that names it.
std::map<std::string, torch::Tensor> read_encoder_weights(const std::filesystem::path& folder,
                                                          const EncoderConfig& config);

/// Whether the weights' file has a pooler.
bool has_pooler(const std::filesystem::path& folder, const EncoderConfig& config);

/// The files that make a backbone what it is: config.json and the weights.
std::vector<std::filesystem::path> backbone_files(const std::filesystem::path& folder);

}  // namespace mma
