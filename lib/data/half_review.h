#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace mma {

/// What a vector loses as float16.
struct HalfLoss {
  double relative = 0;  ///< the largest |x - half(x)| / |x| of numbers that do not become 0
  int64_t zeroed = 0;   ///< numbers that become 0 (below 2^-25, 3e-8)
  float overflow = 0;   ///< the largest number that float16 does not hold (from 65520 on), or 0
};
HalfLoss half_loss(const std::vector<float>& values);

/// What the modalities of a data set lose that are stored as float16. A number that float16 does
/// not hold is a fault.
class HalfReview {
 public:
  explicit HalfReview(std::vector<std::string> modalities);
  void add(size_t modality, const std::string& split, const std::string& id, const HalfLoss& loss,
           Faults& faults);
  /// A line for each modality that was added to.
  std::vector<std::string> lines() const;

 private:
  struct Stored {
    std::string name;
    int64_t samples = 0;
    HalfLoss loss;
  };
  std::vector<Stored> modalities_;
};

}  // namespace mma
