#pragma once
#include <torch/types.h>

#include <cstdint>

namespace mma {

/// Where the randomness of one training step comes from. Every mask is a function of
/// (seed, step, site, element), so that it is the same for any number of threads, resume needs no
/// generator state, and backward makes the mask again instead of storing it.
struct DropoutState {
  bool training = false;
  uint64_t key = 0;   ///< of (seed, step)
  uint32_t site = 0;  ///< counts the calls of dropout() in one forward pass
};

/// x * mask / (1 - p) with P(mask = 0) = p, in steps of 2^-16; x itself when not training or p = 0.
/// (Srivastava et al. 2014.) On CPU the mask is Philox4x32 in 16-bit pieces.
torch::Tensor dropout(const torch::Tensor& x, double p, DropoutState& state);

/// One site's mask on the CPU, for functions whose backward makes it again.
class DropoutMask {
 public:
  DropoutMask() = default;
  /// Takes the next site of the state where it trains and p > 0; otherwise lets everything through.
  DropoutMask(double p, DropoutState& state);
  bool active() const { return threshold_ > 0; }
  /// x * mask / (1 - p); x's first element is the first of chunk `first_chunk`.
  torch::Tensor apply(const torch::Tensor& x, int64_t first_chunk = 0) const;
  /// The factors, 0 or 1 / (1 - p), of the n elements from the first of chunk `first_chunk` on.
  /// Only where active.
  void factors(int64_t first_chunk, int64_t n, float* out) const;
  /// Chunks of 128 elements that n elements take.
  static int64_t chunks(int64_t n) { return (n + 127) / 128; }

 private:
  uint64_t key_ = 0;
  uint32_t site_ = 0;
  uint16_t threshold_ = 0;
};

/// The mask bits of 128 elements as 16-bit numbers: exposed for tests.
void dropout_chunk(uint64_t key, uint32_t site, uint64_t chunk, uint16_t out[128]);

}  // namespace mma
