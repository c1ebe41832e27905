#pragma once
#include <string>

#include "nn/linear_plugin.h"

namespace mma {

/// LoRA (Hu et al. 2021, arXiv:2106.09685): a linear map learns by a matrix of low rank r,
///   y = W x + b + (alpha / r) B A dropout(x)
/// Parameters: A [r, in], B [out, r]: r (in + out) numbers. Starts as the identity: B = 0.
struct LoraImpl : LinearPlugin {
  LoraImpl(int64_t in, int64_t out, int64_t rank, double alpha, double dropout);
  torch::Tensor delta(const torch::Tensor& x, const Rows& rows, Context& context) override;
  /// A normal with `std`, a function of (seed, prefix + name); B 0.
  void initialise(double std, uint64_t seed, const std::string& prefix);
  /// (alpha / r) B A [out, in] in fp64: what W becomes more where it is merged into it.
  torch::Tensor weight_change() const;

 private:
  double scaling_, dropout_;
  torch::Tensor a_, b_;
};
TORCH_MODULE(Lora);

}  // namespace mma
