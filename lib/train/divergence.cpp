#include "train/divergence.h"

#include <cmath>

#include "base/error.h"

namespace mma {

Divergence describe_divergence(const Split& split, const std::vector<int64_t>& samples,
                               int64_t step, double loss, double norm) {
  constexpr float kLarge = 1e6;
  float largest = kLarge;
  Divergence found{"", "; try a smaller optim.lr or precision: fp32"};
  std::vector<std::string> ids;
  for (int64_t sample : samples) {
    const auto i = static_cast<size_t>(sample);
    ids.push_back(split.ids[i]);
    for (auto& [name, table] : split.modalities) {
      auto* row = table.values.data() + i * static_cast<size_t>(table.width);
      for (int64_t k = 0; k < table.width; ++k) {
        if (!(std::abs(row[k]) > largest)) continue;
        largest = std::abs(row[k]);
        found.advice =
            fmt::format("; {} of sample {} holds {}: look at that modality's features first", name,
                        printable(split.ids[i]), row[k]);
      }
    }
  }
  found.step =
      fmt::format("step {}: the loss is {} and the gradient's norm {}; the samples were {}", step,
                  loss, norm, fmt::join(ids, ", "));
  return found;
}

}  // namespace mma
