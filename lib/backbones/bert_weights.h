#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backbones/bert.h"
#include "data/bert_layout.h"

namespace mma {

/// The encoder's tensors of a BERT of this configuration.
std::vector<BertTensor> bert_tensors(const BertConfig& config);

/// Reads the encoder's weights from model.safetensors, or pytorch_model.bin where there is none.
/// Names may stand under "bert." and LayerNorms be called gamma and beta; heads beside the encoder
/// are left out. A missing or extra tensor of the encoder, or one of another shape or with a number
/// that is not finite, is a UserError that names it.
std::map<std::string, torch::Tensor> read_bert_weights(const std::filesystem::path& folder,
                                                       const BertConfig& config);

/// The files that make a backbone what it is: config.json and the weights.
std::vector<std::filesystem::path> backbone_files(const std::filesystem::path& folder);

}  // namespace mma
