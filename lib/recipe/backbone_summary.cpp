#include "recipe/backbone_summary.h"

namespace mma {

void BackboneSummary::field(Fields& f) {
  f.field("summary", choice,
          "what stands for a text: the backbone's pooler; its first token, cls; the mean of its "
          "tokens; auto: the pooler where the backbone has one, else cls",
          {"auto", "pooler", "cls", "mean"});
}

void BackboneSummary::check(const std::string& choice, const std::string& key,
                            const ModelSetting& setting, Faults& faults) {
  if (choice == "pooler" && !setting.backbone.pooler)
    faults.add("model", fmt::format("{}: this backbone ({}) has no pooler; take cls or mean", key,
                                    setting.backbone.family));
}

}  // namespace mma
