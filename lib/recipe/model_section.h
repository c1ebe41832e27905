#pragma once
#include <memory>
#include <string>

#include "base/names.h"
#include "recipe/model_config.h"

namespace mma {

/// How a system's section of a recipe is made, and copied.
struct ModelKind {
  std::unique_ptr<ModelConfig> (*make)();
  std::unique_ptr<ModelConfig> (*copy)(const ModelConfig& config);
};

/// The sections of all systems by name, the default first; a new one is its file and one row here
/// (and one in models/registry.cpp, which builds it).
const Table<ModelKind>& model_kinds();

/// `model:` a name and the fields of that system.
struct ModelSection {
  std::string name;
  std::unique_ptr<ModelConfig> config;
  /// UserError for an unknown name.
  explicit ModelSection(const std::string& name = "mm_adapter");
  ModelSection(const ModelSection& other);
  ModelSection(ModelSection&&) = default;
  ModelSection& operator=(ModelSection other) noexcept;
  void fields(Fields& f);
};

}  // namespace mma
