#include "models/houlsby.h"

namespace mma {

void HoulsbyConfig::check(const BertConfig& config, const std::vector<std::string>& modalities,
                          Faults& faults) const {
  MmAdapterConfig::check(config, modalities, faults);
  if (!modalities.empty())
    faults.add(
        "model",
        fmt::format(
            "modalities: houlsby is text alone, found [{}]; give [] or model.name mm_adapter",
            fmt::join(modalities, ", ")));
}

}  // namespace mma
