#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "backbones/backbone_folder.h"
#include "eval/scoring_options.h"
#include "run/trained_model.h"

namespace mma {

/// What a run directory or a model folder says of itself, with the backbone's folder in
/// `options.backbone`'s stead in its card where that is given. UserError where there is no model
/// that scores by itself, or no backbone.
TrainedModel read_scoring_model(const std::filesystem::path& run, const ScoringOptions& options);

/// A model's backbone, none where it reads no text. UserError where it is not the one that it was
/// trained on.
Backbone open_its_backbone(const ModelCard& card);

/// The runs in a folder of several, each finished; none where the folder is a run or a model
/// itself.
std::vector<std::filesystem::path> runs_in(const std::filesystem::path& folder);

/// Adds faults where a pack's texts and vectors are not such as the model was trained on.
/// Modalities that the pack lacks are none where `absent_allowed`.
void check_same_inputs(const ModelCard& card, const PackInfo& info,
                       const std::filesystem::path& data, bool absent_allowed, Faults& faults);

/// A trained model in memory again.
struct LoadedModel {
  ModelCard card;
  Compute compute;
  Objective objective;
  std::shared_ptr<Model> model;
};
/// Loads it to score samples such as these, and sets the number of threads. UserError where the
/// backbone is not the one that it was trained on.
LoadedModel load_for_scoring(const TrainedModel& stored, const ScoringOptions& options,
                             const Split& samples);

}  // namespace mma
