#pragma once
#include <torch/types.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "models/model.h"
#include "run/hub_architecture.h"
#include "run/model_card.h"

namespace mma {

/// The folder format of adapter-hub (the `adapters` library, github.com/adapter-hub/adapters) for
/// adapters on BERT: adapter_config.json says the architecture, adapter.safetensors or
/// pytorch_adapter.bin holds the tensors (run/hub_architecture.h has both of each architecture). A
/// head lies apart: model_head.safetensors, head_config.json. Ours is not one of that library's: it
/// holds classifier.* and, under "mma_model", the model card.

bool is_hub_folder(const std::filesystem::path& folder);
/// The files that make the adapters what they are.
std::vector<std::filesystem::path> hub_files(const std::filesystem::path& folder);

/// What adapter_config.json says, as a card of model `houlsby` or `lora` without labels. UserError
/// that names each key that asks for what we do not have.
ModelCard read_hub_card(const std::filesystem::path& folder);
/// UserError where the tensors are not those of the card on this backbone: names, shapes, width.
void check_hub_adapters(const std::filesystem::path& folder, const ModelCard& card,
                        const EncoderConfig& backbone);
/// Loads the adapters into a model built from the card.
void load_hub_adapters(const std::filesystem::path& folder, Model& model);

/// The adapters of a folder by our names. UserError where one is missing.
std::map<std::string, torch::Tensor> read_hub_adapters(const std::filesystem::path& folder);

/// Why a trained model's adapters cannot be written as such a folder; "" where they can.
std::string unfit_for_hub(const ModelCard& card, const EncoderConfig& backbone);
/// What every JSON file of such a folder says of the adapter.
nlohmann::ordered_json hub_description(const HubAdapter& adapter);
/// Our names of the tensors that such a folder holds of the adapters.
std::set<std::string> hub_tensors(const ModelCard& card, const HubAdapter& adapter);
/// Writes adapter.safetensors and, last, adapter_config.json from tensors by our names.
void write_hub_adapters(const std::filesystem::path& folder, const ModelCard& card,
                        const HubAdapter& adapter,
                        const std::map<std::string, torch::Tensor>& tensors);

}  // namespace mma
