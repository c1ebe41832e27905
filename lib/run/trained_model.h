#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/model.h"
#include "run/model_card.h"

namespace mma {

/// A trained model as it lies on disk.
struct TrainedModel {
  std::filesystem::path folder;  ///< of adapter.safetensors, or an adapter-hub folder
  ModelCard card;
  std::vector<ModalitySize> modalities;
  bool from_hub = false;  ///< adapters alone, from an adapter-hub folder: no labels, no classifier
  std::string hash;       ///< of its files
};

/// Reads what a run directory, a model folder or an adapter-hub folder says of itself. UserError
/// where there is no model, or the run is not finished.
TrainedModel read_trained_model(const std::filesystem::path& path);

/// The tensors of its file by name. UserError where one is not finite.
std::map<std::string, torch::Tensor> read_stored_tensors(const TrainedModel& stored);
/// SHA-256 of that file.
std::string hash_of_weights(const TrainedModel& stored);

/// Builds the model, its parts included, and loads its tensors. `backbone`: none for a model that
/// reads no text, which then computes on `device`.
std::shared_ptr<Model> load_trained_model(const TrainedModel& stored,
                                          std::shared_ptr<const Encoder> backbone,
                                          torch::Device device = torch::kCPU);

/// A trained model that another one is made of, by its name in that one's recipe.
using TrainedParts = std::vector<std::pair<std::string, TrainedModel>>;

/// Reads the models that `config` is made of. Adds faults where one is missing or not finished, has
/// no adapters, stands on another backbone, or needs a modality that the recipe does not have.
TrainedParts read_parts(const ModelConfig& config, const ModelSetting& setting,
                        const std::string& backbone_hash, Faults& faults);

/// Writes a model folder: its tensors, the models that it is made of as folder/parts/NAME (where
/// load_trained_model finds them), and last its card, with the tensors' size noted in it.
void write_trained_model(const std::filesystem::path& folder, ModelCard card,
                         const TrainedParts& parts, const NamedTensors& tensors);

/// The tensors of a model that its folder holds: what it trained, and its state.
NamedTensors stored_tensors(Model& model);

}  // namespace mma
