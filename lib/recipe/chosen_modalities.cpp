#include "recipe/chosen_modalities.h"

#include <algorithm>

#include "base/files.h"
#include "base/names.h"

namespace mma {

std::vector<ModalitySize> chosen_modalities(const Recipe& recipe, const PackInfo& info,
                                            const fs::path& pack_file, Faults& faults) {
  const auto known = info.modality_names();
  std::vector<ModalitySize> chosen;
  for (auto& name : recipe.modalities) {
    auto it = std::find(known.begin(), known.end(), name);
    if (it == known.end()) {
      faults.add("modality", fmt::format("modalities: {}: {}", pack_file.string(),
                                         unknown_name("modality", name, known)));
    } else {
      auto& modality = info.modalities[static_cast<size_t>(it - known.begin())];
      chosen.push_back({name, modality.width(), modality.segments});
    }
  }
  return chosen;
}

}  // namespace mma
