#include "data/half_review.h"

#include <algorithm>
#include <cmath>

#include "data/half.h"

namespace mma {

HalfLoss half_loss(const std::vector<float>& values) {
  HalfLoss loss;
  for (float x : values) {
    const auto half = to_half(x);
    if (!half.finite()) {
      loss.overflow = std::max(loss.overflow, std::abs(x));
    } else if (const auto stored = static_cast<double>(half); stored != 0) {
      const auto exact = static_cast<double>(x);
      loss.relative = std::max(loss.relative, std::abs(exact - stored) / std::abs(exact));
    } else {
      loss.zeroed += x != 0;
    }
  }
  return loss;
}

HalfReview::HalfReview(std::vector<std::string> modalities) {
  for (auto& name : modalities) modalities_.push_back({std::move(name), 0, {}});
}

void HalfReview::add(size_t modality, const std::string& split, const std::string& id,
                     const HalfLoss& loss, Faults& faults) {
  auto& all = modalities_[modality];
  if (loss.overflow > 0)
    return faults.add(
        "beyond float16",
        fmt::format("{}: {}'s {}: {:.6g} is beyond float16, which ends at 65504: scale the "
                    "features, or store: float32",
                    split, printable(id), all.name, loss.overflow));
  ++all.samples;
  all.loss.relative = std::max(all.loss.relative, loss.relative);
  all.loss.zeroed += loss.zeroed;
}

std::vector<std::string> HalfReview::lines() const {
  std::vector<std::string> lines;
  for (auto& m : modalities_)
    if (m.samples > 0)
      lines.push_back(
          fmt::format("{}: stored as float16: relative error at most {:.2g}; {} "
                      "numbers below 3e-8 became 0",
                      m.name, m.loss.relative, m.loss.zeroed));
  return lines;
}

}  // namespace mma
