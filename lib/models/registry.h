#pragma once
#include <memory>

#include "base/names.h"
#include "models/model.h"
#include "recipe/model_section.h"

namespace mma {

/// Builds the system of a recipe's model section.
using BuildModel = std::shared_ptr<Model> (*)(const ModelConfig& config, const ModelParts& parts);

/// All systems by name, as model_kinds() has their sections of the recipe; a new system is its file
/// and one row here.
const Table<BuildModel>& models();

std::shared_ptr<Model> build_model(const ModelSection& section, const ModelParts& parts);

}  // namespace mma
