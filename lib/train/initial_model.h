#pragma once
#include <map>
#include <string>
#include <vector>

#include "models/model.h"
#include "recipe/recipe.h"
#include "run/trained_model.h"

namespace mma {

/// What the blocks of a model's tensors (nn/block_axis.h) belong to, in order.
struct BlockNames {
  std::vector<std::string> labels, inputs;
  LabelKind label_kind = LabelKind::kMultilabel;
  std::vector<int64_t> widths;  ///< of the inputs; 0 of a text
  TargetScale scale;            ///< of real targets
};
/// Of a model of that config.
BlockNames block_names(std::vector<std::string> labels, const ModelConfig& config,
                       const std::vector<ModalitySize>& modalities, const Objective& objective);

/// What a model took of another one's tensors.
struct TakenTensors {
  int64_t whole = 0, in_part = 0, fresh = 0;
  std::vector<std::string> told;    ///< why a tensor was not taken, or not all of it: a line each
  std::vector<std::string> unused;  ///< names of the other's tensors that have no place here
};

/// Copies into `model` what fits of another model's tensors: those of the same name and shape, and
/// of tensors that are made of blocks each block whose label or input both have by name, whatever
/// its place (labels of another kind are others). Rows of a real target whose scale differs are
/// rescaled to predict what they predicted. Everything else stays as it was initialised.
/// `before`: the other model's names.
TakenTensors take_tensors(std::map<std::string, torch::Tensor> tensors, const BlockNames& before,
                          Model& model, const BlockNames& now);

/// Reads the model that a recipe's init_from names, without its tensors. Adds faults where there is
/// none, it is of another system than `recipe`, or it was trained on another backbone.
TrainedModel read_initial_model(const Recipe& recipe, const std::string& backbone_hash,
                                Faults& faults);

/// Fills `model`, of that section of a recipe, with what fits of that one's tensors. Returns what
/// there is to say of it, a line each: keys of the section that differ, what was not taken, with
/// the reason, and how much was.
std::vector<std::string> begin_with(const TrainedModel& initial, Model& model, ModelSection section,
                                    const BlockNames& now);

}  // namespace mma
