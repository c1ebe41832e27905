#include "models/registry.h"

#include "models/houlsby.h"
#include "models/linear.h"
#include "models/mm_adapter.h"

namespace mma {

const Table<std::function<std::unique_ptr<ModelConfig>()>>& models() {
  static const Table<std::function<std::unique_ptr<ModelConfig>()>> table = {
      {"mm_adapter", [] { return std::make_unique<MmAdapterConfig>(); }},
      {"houlsby", [] { return std::make_unique<HoulsbyConfig>(); }},
      {"linear", [] { return std::make_unique<FrozenLinearConfig>(); }},
  };
  return table;
}

}  // namespace mma
