#include "recipe/model_config.h"

namespace mma {

std::vector<std::string> ModelConfig::inputs(const std::vector<ModalitySize>& modalities) const {
  std::vector<std::string> names;
  if (reads_text()) names.emplace_back("text");
  for (auto& modality : modalities) names.push_back(modality.name);
  return names;
}

void check_text_only(const std::string& model, const ModelSetting& setting, Faults& faults) {
  if (setting.modalities.empty()) return;
  std::vector<std::string> names;
  for (auto& modality : setting.modalities) names.push_back(modality.name);
  faults.add("model",
             fmt::format("modalities: {} is text alone, found [{}]; give [] or another model.name",
                         model, fmt::join(names, ", ")));
}

void check_any_input(const ModelConfig& model, const ModelSetting& setting, Faults& faults) {
  if (!model.reads_text() && setting.modalities.empty())
    faults.add("model", "model.text: none, and no modalities: nothing to learn from");
}

}  // namespace mma
