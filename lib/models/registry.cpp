#include "models/registry.h"

#include "models/adapter_fusion.h"
#include "models/fine_tuned.h"
#include "models/houlsby.h"
#include "models/late_fusion.h"
#include "models/linear.h"
#include "models/mm_adapter.h"
#include "models/mmbt.h"

namespace mma {

const Table<std::function<std::unique_ptr<ModelConfig>()>>& models() {
  static const Table<std::function<std::unique_ptr<ModelConfig>()>> table = {
      {"mm_adapter", [] { return std::make_unique<MmAdapterConfig>(); }},
      {"houlsby", [] { return std::make_unique<HoulsbyConfig>(); }},
      {"adapter_fusion", [] { return std::make_unique<FusedAdaptersConfig>(); }},
      {"mmbt", [] { return std::make_unique<MmbtConfig>(); }},
      {"bert", [] { return std::make_unique<FineTunedConfig>(); }},
      {"gmu", [] { return std::make_unique<GmuConfig>(); }},
      {"concat", [] { return std::make_unique<ConcatConfig>(); }},
      {"linear", [] { return std::make_unique<FrozenLinearConfig>(); }},
  };
  return table;
}

}  // namespace mma
