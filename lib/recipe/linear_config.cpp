#include "recipe/linear_config.h"

namespace mma {

void FrozenLinearConfig::fields(Fields& f) {
  summary.field(f);
  f.field("dropout", dropout, "inside the classifier", {0, 0.9});
  f.field("init_std", init_std, "standard deviation of the initial matrices", {0, 1});
}

void FrozenLinearConfig::check(const ModelSetting& setting, Faults& faults) const {
  summary.check(setting, faults);
  check_text_only("linear", setting, faults);
}

}  // namespace mma
