#pragma once
#include <torch/types.h>

#include <memory>

namespace mma {

class PackedWeights;

/// A matrix product of the backbone, x W^T + b in the type of x. A trained one stays in fp32 and is
/// cast at each use. A frozen one is held in the compute type, so that nothing is cast in a step,
/// and can be packed: laid out as the processor multiplies it fastest, once for x W^T and once for
/// the gradient dy W, which is all that backward needs of a product whose weights do not learn.
struct Dense {
  torch::Tensor weight, bias;  ///< [out, in], [out]; no weight where it is packed
  std::shared_ptr<PackedWeights> packed;

  torch::Tensor operator()(const torch::Tensor& x) const;
  /// The outputs `first` to `first + count - 1` alone. Not of a packed one.
  Dense outputs(int64_t first, int64_t count) const {
    return {weight.narrow(0, first, count), bias.narrow(0, first, count), nullptr};
  }
  /// Packs a frozen product where LibTorch has oneDNN for its type and device; else leaves it.
  void pack();
  /// W as it was given: a copy where it is packed.
  torch::Tensor plain_weight() const;
};

}  // namespace mma
