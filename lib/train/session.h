#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "data/pack.h"
#include "models/model.h"
#include "recipe/recipe.h"
#include "run/trained_model.h"

namespace mma {

/// A backbone folder, hashed.
struct Backbone {
  std::filesystem::path folder;
  std::string hash;  ///< of config.json and the weights' file
  BertConfig config;
};
Backbone open_backbone(const std::filesystem::path& folder);
/// Loads its weights as `model` wants them (its dropout, trained or frozen) and as `options` hold
/// them.
std::shared_ptr<const Bert> load_backbone(const Backbone& backbone, const ModelConfig& model,
                                          BertOptions options);

/// Adds faults where backbone and pack do not belong together: another tokenizer, ids beyond the
/// vocabulary, texts longer than the positions.
void check_fit(const PackInfo& pack, const std::filesystem::path& pack_file,
               const BertConfig& config, const std::filesystem::path& backbone, Faults& faults);

/// The modalities of the pack that the recipe names, with their widths. Faults name the known ones.
std::vector<ModalitySize> chosen_modalities(const Recipe& recipe, const PackInfo& info,
                                            const std::filesystem::path& pack_file, Faults& faults);

/// Everything that training needs: checked by open_session, loaded by load_session.
struct Session {
  Recipe recipe;
  BertOptions options;
  std::unique_ptr<Pack> pack;
  PackInfo info;
  std::string data_hash;
  Backbone backbone;
  std::vector<ModalitySize> modalities;
  TrainedParts parts;  ///< what the model is made of, beside the backbone
  // Loaded:
  Split train, dev;  ///< dev is empty where the pack has none
  std::shared_ptr<const Bert> bert;
  std::shared_ptr<Model> model;
};

/// Reads what recipe, pack and backbone say of themselves, and their hashes. All faults at once:
/// UserError.
Session open_session(const std::filesystem::path& recipe, const std::vector<std::string>& overrides,
                     const std::filesystem::path& data, const std::filesystem::path& backbone);
/// Reads the splits and the weights, and builds the model.
void load_session(Session& session);

}  // namespace mma
