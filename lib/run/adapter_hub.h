#pragma once
#include <torch/types.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "models/model.h"
#include "recipe/mm_adapter_config.h"
#include "run/model_card.h"

namespace mma {

/// The folder format of adapter-hub (the `adapters` library, github.com/adapter-hub/adapters) for
/// bottleneck adapters on BERT: adapter_config.json says the architecture (`double_seq_bn` of
/// Houlsby et al., `seq_bn` of Pfeiffer et al., and their LayerNorm options), adapter.safetensors
/// or pytorch_adapter.bin holds, for each place,
///   bert.encoder.layer.N.{attention.output,output}.adapters.NAME.
///     adapter_down.0.{weight,bias} [p, H], adapter_up.{weight,bias} [H, p]
/// and with a LayerNorm in front adapter_norm_before.*, which adapter_down.0.* repeats, the
/// projection being adapter_down.1.*. A head lies apart: model_head.safetensors, head_config.json.
/// Ours is not one of that library's: it holds classifier.* and, under "mma_model", the model card.

bool is_hub_folder(const std::filesystem::path& folder);
/// The files that make the adapters what they are.
std::vector<std::filesystem::path> hub_files(const std::filesystem::path& folder);

/// What adapter_config.json says, as a card of model `houlsby` without labels. UserError that names
/// each key that asks for what we do not have.
ModelCard read_hub_card(const std::filesystem::path& folder);
/// UserError where the tensors are not those of the card on this backbone: names, shapes, width.
void check_hub_adapters(const std::filesystem::path& folder, const ModelCard& card,
                        const EncoderConfig& backbone);
/// Loads the adapters into a model built from the card.
void load_hub_adapters(const std::filesystem::path& folder, Model& model);

/// The adapters of a folder by our names. UserError where one is missing.
std::map<std::string, torch::Tensor> read_hub_adapters(const std::filesystem::path& folder);

/// An adapter as its folder names it, and the BERT that it belongs to.
struct HubAdapter {
  std::string name, backbone;
  int64_t layers = 0, hidden_size = 0;
};
/// What every JSON file of such a folder says of the adapter.
nlohmann::ordered_json hub_description(const HubAdapter& adapter);
/// Our names of the tensors that such a folder holds of the adapters.
std::set<std::string> hub_tensors(const MmAdapterConfig& config, const HubAdapter& adapter);
/// Writes adapter.safetensors and, last, adapter_config.json from tensors by our names.
void write_hub_adapters(const std::filesystem::path& folder, const MmAdapterConfig& config,
                        const HubAdapter& adapter,
                        const std::map<std::string, torch::Tensor>& tensors);

}  // namespace mma
