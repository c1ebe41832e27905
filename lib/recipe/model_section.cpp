#include "recipe/model_section.h"

#include <utility>

#include "recipe/adapter_fusion_config.h"
#include "recipe/fine_tuned_config.h"
#include "recipe/houlsby_config.h"
#include "recipe/late_fusion_config.h"
#include "recipe/linear_config.h"
#include "recipe/lora_config.h"
#include "recipe/mm_adapter_config.h"
#include "recipe/mmbt_config.h"

namespace mma {
namespace {

template <class Config>
ModelKind kind() {
  return {[]() -> std::unique_ptr<ModelConfig> { return std::make_unique<Config>(); },
          [](const ModelConfig& config) -> std::unique_ptr<ModelConfig> {
            return std::make_unique<Config>(dynamic_cast<const Config&>(config));
          }};
}

}  // namespace

const Table<ModelKind>& model_kinds() {
  static const Table<ModelKind> table = {
      {"mm_adapter", kind<MmAdapterConfig>()},
      {"houlsby", kind<HoulsbyConfig>()},
      {"lora", kind<LoraConfig>()},
      {"adapter_fusion", kind<FusedAdaptersConfig>()},
      {"mmbt", kind<MmbtConfig>()},
      {"bert", kind<FineTunedConfig>()},
      {"gmu", kind<GmuConfig>()},
      {"concat", kind<ConcatConfig>()},
      {"linear", kind<FrozenLinearConfig>()},
  };
  return table;
}

ModelSection::ModelSection(const std::string& name)
    : name(name), config(pick(model_kinds(), "model", name).make()) {}

ModelSection::ModelSection(const ModelSection& other)
    : name(other.name), config(pick(model_kinds(), "model", name).copy(*other.config)) {}

ModelSection& ModelSection::operator=(ModelSection other) noexcept {
  std::swap(name, other.name);
  std::swap(config, other.config);
  return *this;
}

void ModelSection::fields(Fields& f) {
  auto before = name;
  f.field("name", name, "which system to train", names_of(model_kinds()));
  if (name != before) config = pick(model_kinds(), "model", name).make();
  config->fields(f);
}

}  // namespace mma
