#pragma once
#include <torch/types.h>

#include <cstdint>

#include "nn/dropout_stream.h"
#include "nn/rows.h"

namespace mma {

/// Where the randomness of one training step comes from. Every number of every mask is a function
/// of (seed, step, site, sample of the step, unit, place), so that it is the same for any number of
/// threads and however the step's samples are put into batches, resume needs no generator state,
/// and backward makes the mask again instead of storing it.
struct DropoutState {
  bool training = false;
  uint64_t key = 0;   ///< of (seed, step)
  uint32_t site = 0;  ///< counts the calls of dropout() in one forward pass
  /// [B] int64 on the device: which sample of the step each of the batch is; undefined: 0, 1, ...
  torch::Tensor samples = {};
};

/// x * mask / (1 - p) with P(mask = 0) = p, in steps of 2^-16; x itself when not training or p = 0.
/// (Srivastava et al. 2014.) x is [N, W] in `rows`; a sample's numbers have unit 0 and are counted
/// from its first row on, so that the first row alone ([CLS]) has the mask that it has among all.
torch::Tensor dropout(const torch::Tensor& x, double p, const Rows& rows, DropoutState& state);

/// One site's mask, for functions whose backward makes it again.
class DropoutMask {
 public:
  DropoutMask() = default;
  /// Takes the next site of the state where it trains and p > 0; otherwise lets everything through.
  DropoutMask(double p, DropoutState& state);
  bool active() const { return site_.threshold > 0; }
  /// x * mask / (1 - p) for x [N, W] in `rows`.
  torch::Tensor apply(const torch::Tensor& x, const Rows& rows) const;
  /// The factors, 0 or 1 / (1 - p), of the first n numbers of a unit of sample b of the batch. Only
  /// where active.
  void factors(int64_t b, int64_t unit, int64_t n, float* out) const;
  /// The factors of attention's weights, padded: [B, heads, M, L] in fp32 on the device, with M and
  /// L the most queries and keys of a sample; 0 where there is no query or key. Only where active.
  torch::Tensor attention_factors(const Rows& query_rows, const Rows& rows, int64_t heads,
                                  const torch::Device& device) const;

 private:
  torch::Tensor apply_on_cpu(const torch::Tensor& x, const std::vector<int64_t>& offsets) const;
  void check_samples(const Rows& rows) const;
  DropoutSite site_;
  torch::Tensor samples_;  // what the site looks at
};

/// A stream's numbers from 128 chunk on: exposed for tests.
void dropout_chunk(const DropoutStream& stream, uint32_t chunk, uint16_t out[128]);

}  // namespace mma
