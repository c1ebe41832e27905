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
    auto& id = ids.emplace_back(split.ids[static_cast<size_t>(sample)]);
    for (auto& [name, rows] : split.modalities)
      for (float value : read_vectors(split, name, {sample})) {
        if (!(std::abs(value) > largest)) continue;
        largest = std::abs(value);
        found.advice =
            fmt::format("; {} of sample {} holds {}: look at that modality's features first", name,
                        printable(id), value);
      }
  }
  found.step =
      fmt::format("step {}: the loss is {} and the gradient's norm {}; the samples were {}", step,
                  loss, norm, fmt::join(ids, ", "));
  return found;
}

}  // namespace mma
