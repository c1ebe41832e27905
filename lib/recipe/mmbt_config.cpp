#include "recipe/mmbt_config.h"

namespace mma {

int64_t tokens_of(const std::vector<ModalitySize>& modalities) {
  int64_t tokens = 0;
  for (auto& modality : modalities) tokens += modality.segments;
  return tokens;
}

void MmbtConfig::fields(Fields& f) {
  encoder_fields(f);
  f.field("init_std", init_std, "standard deviation of the initial projections and classifier",
          {0, 1});
  f.field("freeze_text", freeze_text, "BERT rests for so many epochs first", {0, 100000});
  f.field("freeze_modalities", freeze_modalities,
          "the modalities' projections rest for so many epochs first", {0, 100000});
}

void MmbtConfig::check(const ModelSetting& setting, Faults& faults) const {
  EncoderModelConfig::check(setting, faults);
  if (setting.modalities.empty())
    faults.add("model", "modalities: mmbt needs at least one; for text alone use model.name bert");
  int64_t needed = tokens_of(setting.modalities) + 2;
  if (needed > setting.backbone.max_length())
    faults.add("model", fmt::format("modalities: their vectors take {} tokens, the backbone has {} "
                                    "positions; pool them into fewer segments",
                                    needed, setting.backbone.max_length()));
}

double MmbtConfig::least_trained(const ModelSetting& setting, int64_t labels) const {
  double inputs = static_cast<double>(labels);
  for (auto& m : setting.modalities) inputs += static_cast<double>(m.width / m.segments);
  return inputs * static_cast<double>(setting.backbone.hidden_size);
}

}  // namespace mma
