#include "recipe/fine_tuned_config.h"

namespace mma {

void FineTunedConfig::fields(Fields& f) {
  encoder_fields(f);
  f.field("init_std", init_std, "standard deviation of the classifier's initial matrices", {0, 1});
}

void FineTunedConfig::check(const ModelSetting& setting, Faults& faults) const {
  EncoderModelConfig::check(setting, faults);
  check_text_only("bert", setting, faults);
}

}  // namespace mma
