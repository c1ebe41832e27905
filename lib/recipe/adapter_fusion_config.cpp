#include "recipe/adapter_fusion_config.h"

namespace mma {

void FusedAdaptersConfig::fields(Fields& f) {
  f.field("from", parts,
          "adapters to fuse, by name: run directories, model folders or adapter-hub folders");
  encoder_fields(f);
  f.field("init_std", init_std, "standard deviation of the initial matrices but the values'",
          {0, 1});
  f.field("value_regulariser", value_regulariser,
          "weight of |V - I|^2 in the loss, V a place's value matrix", {0, 1e6});
}

void FusedAdaptersConfig::check(const ModelSetting& setting, Faults& faults) const {
  EncoderModelConfig::check(setting, faults);
  if (parts.empty())
    faults.add("model",
               "model.from: expected trained adapters to fuse, as in {video: runs/video1, poster: "
               "runs/poster1}");
}

}  // namespace mma
