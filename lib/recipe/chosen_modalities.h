#pragma once
#include <filesystem>
#include <vector>

#include "data/pack.h"
#include "recipe/recipe.h"

namespace mma {

/// The modalities of the pack that the recipe names, with their widths. Faults name the known ones.
std::vector<ModalitySize> chosen_modalities(const Recipe& recipe, const PackInfo& info,
                                            const std::filesystem::path& pack_file, Faults& faults);

}  // namespace mma
