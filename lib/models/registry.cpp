#include "models/registry.h"

#include "models/adapter_fusion.h"
#include "models/fine_tuned.h"
#include "models/late_fusion.h"
#include "models/linear.h"
#include "models/lora.h"
#include "models/mm_adapter.h"
#include "models/mmbt.h"

namespace mma {
namespace {

template <class System, class Config>
std::shared_ptr<Model> build(const ModelConfig& config, const ModelParts& parts) {
  return std::make_shared<System>(dynamic_cast<const Config&>(config), parts);
}

}  // namespace

const Table<BuildModel>& models() {
  static const Table<BuildModel> table = {
      {"mm_adapter", build<MmAdapter, MmAdapterConfig>},
      {"houlsby", build<MmAdapter, MmAdapterConfig>},
      {"lora", build<LoraModel, LoraConfig>},
      {"adapter_fusion", build<FusedAdapters, FusedAdaptersConfig>},
      {"mmbt", build<Mmbt, MmbtConfig>},
      {"bert", build<FineTuned, FineTunedConfig>},
      {"gmu", build<LateFusion, LateFusionConfig>},
      {"concat", build<LateFusion, LateFusionConfig>},
      {"linear", build<FrozenLinear, FrozenLinearConfig>},
  };
  return table;
}

std::shared_ptr<Model> build_model(const ModelSection& section, const ModelParts& parts) {
  return pick(models(), "model", section.name)(*section.config, parts);
}

}  // namespace mma
