#include "models/registry.h"

#include "models/mm_adapter.h"

namespace mma {

const Table<std::function<std::unique_ptr<ModelConfig>()>>& models() {
  static const Table<std::function<std::unique_ptr<ModelConfig>()>> table = {
      {"mm_adapter", [] { return std::make_unique<MmAdapterConfig>(); }},
  };
  return table;
}

}  // namespace mma
