#pragma once
#include <ctime>

namespace mma::test {

/// Seconds of processor time since it was made, in those of a build without sanitizers, which make
/// everything a few times slower.
class CpuTime {
 public:
  double seconds() const {
#ifdef __SANITIZE_ADDRESS__
    constexpr double kSlower = 4;
#else
    constexpr double kSlower = 1;
#endif
    return static_cast<double>(std::clock() - start_) / CLOCKS_PER_SEC / kSlower;
  }

 private:
  std::clock_t start_ = std::clock();
};

}  // namespace mma::test
