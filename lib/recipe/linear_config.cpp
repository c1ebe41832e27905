#include "recipe/linear_config.h"

namespace mma {

void FrozenLinearConfig::fields(Fields& f) {
  f.field("text", text,
          "what the classifier reads: the text's summary, or, with none, the modalities side by "
          "side, no backbone",
          {"summary", "none"});
  summary.field(f);
  f.field("dropout", dropout, "inside the classifier", {0, 0.9});
  f.field("init_std", init_std, "standard deviation of the initial matrices", {0, 1});
}

void FrozenLinearConfig::check(const ModelSetting& setting, Faults& faults) const {
  summary.check(setting, faults);
  check_any_input(*this, setting, faults);
  if (reads_text()) check_text_only("linear (model.text: summary)", setting, faults);
}

double FrozenLinearConfig::least_trained(const ModelSetting& setting, int64_t labels) const {
  auto width = static_cast<double>(setting.backbone.hidden_size);
  for (auto& m : setting.modalities) width += static_cast<double>(m.width);
  return width * (width + static_cast<double>(labels));
}

}  // namespace mma
