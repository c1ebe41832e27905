#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backbones/backbone_folder.h"
#include "data/pack.h"
#include "models/model.h"
#include "parallel/process_group.h"
#include "recipe/recipe.h"
#include "run/run_record.h"
#include "run/trained_model.h"
#include "tasks/objective.h"

namespace mma {

/// Everything that training needs: checked by open_session, loaded by load_session.
struct Session {
  ProcessGroup group;  ///< that trains together
  Recipe recipe;
  Compute compute;
  std::unique_ptr<Pack> pack;
  PackInfo info;
  std::string data_hash;
  Backbone backbone;  ///< no_backbone() for a model that reads no text
  std::vector<ModalitySize> modalities;
  TrainedParts parts;                   ///< what the model is made of, beside the backbone
  std::optional<TrainedModel> initial;  ///< what a new run begins with (init_from)
  // Loaded:
  Split train, dev;  ///< dev is empty where the pack has none
  Objective objective;
  std::shared_ptr<const Encoder> encoder;  ///< none for a model that reads no text
  std::shared_ptr<Model> model;
  std::vector<std::string> told_of_initial;  ///< what the model took of `initial`, a line each

  /// Of the optimizer, once loaded; the last of an epoch may have fewer samples.
  int64_t steps_per_epoch() const;
  /// As train.epochs and train.max_steps say.
  int64_t total_steps() const;
};

/// Reads what recipe, pack and backbone say of themselves, and their hashes. All faults at once:
/// UserError. `begins`: the run is new; one that goes on has no need of init_from any more, nor has
/// a process that does not lead.
Session open_session(const std::filesystem::path& recipe, const std::vector<std::string>& overrides,
                     const std::filesystem::path& data, const std::filesystem::path& backbone,
                     const ProcessGroup& group = {}, bool begins = true);
/// UserError where a process has another recipe, pack, backbone, precision or program than rank 0.
void check_same_everywhere(Session& session);
/// Reads the splits and the weights, and builds the model.
void load_session(Session& session);

/// What the run directory says of an opened session (its numbers of parameters once it is loaded),
/// and the model that it ends in of a loaded one.
RunRecord run_record(const Session& session);
ModelCard model_card(const Session& session);

}  // namespace mma
