#include "recipe/late_fusion_config.h"

namespace mma {

void LateFusionConfig::fields(Fields& f) {
  f.field("text", text,
          "the text's vector: the frozen backbone's last layer (mean, cls), its pooler; none: a "
          "modality holds ready text features",
          {"mean", "cls", "pooled", "none"});
  f.field("hidden", hidden, "width of projections and classifier", {1, 65536});
  f.field("dropout", dropout, "on the input of the classifier's products", {0, 0.9});
  f.field("max_norm", max_norm, "bound on the norm of a unit's incoming weights; 0: none",
          {0, 1e6});
}

void LateFusionConfig::check(const ModelSetting& setting, Faults& faults) const {
  if (text == "none" && setting.modalities.empty())
    faults.add("model", "model.text: none, and no modalities: nothing to learn from");
}

}  // namespace mma
