#include "recipe/houlsby_config.h"

namespace mma {

void HoulsbyConfig::fields(Fields& f) {
  MmAdapterConfig::fields(f);
  f.field("layer_norm", layer_norm, "a LayerNorm in front of each adapter");
  f.field("after_norm", after_norm,
          "the adapter's input is the backbone's LayerNorm of the residual sum");
  if (after_norm && placement == "parallel")
    f.fault("after_norm", "a parallel adapter's input is the feed-forward's; leave this out");
}

void HoulsbyConfig::check(const ModelSetting& setting, Faults& faults) const {
  MmAdapterConfig::check(setting, faults);
  check_text_only("houlsby", setting, faults);
}

}  // namespace mma
