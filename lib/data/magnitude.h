#pragma once
#include <string>
#include <vector>

#include "base/error.h"

namespace mma {

/// How large the numbers of a vector are.
struct Magnitude {
  float largest = 0;   ///< max |x|
  double squares = 0;  ///< sum of x^2
};
Magnitude magnitude_of(const std::vector<float>& values);

/// Features of sizes that cannot be meant: LayerNorm squares and sums them in float32. A vector
/// whose squares add up to more than a float32 holds is a fault; one with numbers beyond 10^6 is
/// warned of.
class MagnitudeReview {
 public:
  explicit MagnitudeReview(std::vector<std::string> modalities);
  void add(size_t modality, const std::string& split, const std::string& id,
           const Magnitude& magnitude, Faults& faults);
  /// A line for each modality with large numbers, and whose they are.
  std::vector<std::string> warnings() const;

 private:
  struct Large {
    std::string name;
    int64_t samples = 0;
    float largest = 0;
    std::vector<std::string> first;
  };
  std::vector<Large> modalities_;
};

}  // namespace mma
