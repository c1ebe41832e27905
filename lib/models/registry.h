#pragma once
#include <functional>
#include <memory>

#include "base/names.h"
#include "models/model.h"

namespace mma {

/// All models by name; a new model is its file and one row here.
const Table<std::function<std::unique_ptr<ModelConfig>()>>& models();

}  // namespace mma
