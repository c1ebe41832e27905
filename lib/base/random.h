#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mma {

/// Philox4x32-10 (base/philox.h): 128 random bits that are a function of key and counter, so that
/// no generator has a state to save.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, uint64_t key);

/// A key for one use of a seed: "order", "init", "dropout" never see the same numbers.
uint64_t derive_key(uint64_t seed, std::string_view use, uint64_t index = 0);

/// A sequence of random numbers, a function of its key alone.
class RandomStream {
 public:
  explicit RandomStream(uint64_t key) : key_(key) {}
  uint32_t next();
  /// Uniform in [0, 1), 24 bits.
  double uniform();
  /// Uniform in 0 .. n-1 without bias; n at most 2^32.
  uint64_t below(uint64_t n);
  /// Standard normal (Box and Muller).
  double normal();

 private:
  uint64_t key_, block_ = 0;
  std::array<uint32_t, 4> words_{};
  int used_ = 4;
};

/// The numbers 0 .. n-1 in a random order (Fisher and Yates).
std::vector<int64_t> permutation(int64_t n, uint64_t key);

}  // namespace mma
