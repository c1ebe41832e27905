#include "data/magnitude.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

namespace mma {
namespace {
constexpr float kLarge = 1e6f;
constexpr size_t kShown = 5;
}  // namespace

Magnitude magnitude_of(const std::vector<float>& values) {
  Magnitude result;
  for (float x : values) {
    result.largest = std::max(result.largest, std::abs(x));
    result.squares += static_cast<double>(x) * static_cast<double>(x);
  }
  return result;
}

MagnitudeReview::MagnitudeReview(std::vector<std::string> modalities) {
  for (auto& name : modalities) modalities_.push_back({std::move(name), 0, 0, {}});
}

void MagnitudeReview::add(size_t modality, const std::string& split, const std::string& id,
                          const Magnitude& magnitude, Faults& faults) {
  auto& large = modalities_[modality];
  if (magnitude.squares > static_cast<double>(FLT_MAX))
    return faults.add(
        "features too large",
        fmt::format("{}: {}'s {}: numbers as large as {:.3g}, whose squares no float32 holds; "
                    "nothing can be trained on them: find where they come from, or scale them",
                    split, printable(id), large.name, magnitude.largest));
  if (magnitude.largest <= kLarge) return;
  ++large.samples;
  large.largest = std::max(large.largest, magnitude.largest);
  if (large.first.size() < kShown) large.first.push_back(printable(id));
}

std::vector<std::string> MagnitudeReview::warnings() const {
  std::vector<std::string> lines;
  for (auto& m : modalities_)
    if (m.samples > 0)
      lines.push_back(fmt::format(
          "{}: {} samples hold numbers beyond {:.0g}, up to {:.3g}: {}{}; training wants numbers "
          "around 1: scale them, by mean and standard deviation or a logarithm",
          m.name, m.samples, kLarge, m.largest, fmt::join(m.first, ", "),
          m.samples > static_cast<int64_t>(m.first.size()) ? ", ..." : ""));
  return lines;
}

}  // namespace mma
