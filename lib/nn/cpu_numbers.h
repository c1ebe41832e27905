#pragma once
#include <torch/torch.h>

#include "base/error.h"
#include "nn/vector.h"

namespace mma {

/// Whether our own kernels can compute it: fp32 or bf16 on the CPU. All else is left to LibTorch.
inline bool has_cpu_kernels(const torch::Tensor& x) {
  return x.device().is_cpu() &&
         (x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kBFloat16);
}

/// A tensor's numbers as kernels see them.
template <class Number>
Number* data_of(const torch::Tensor& x) {
  return static_cast<Number*>(x.data_ptr());
}

/// Calls work(float()) or work(BFloat16()), by type.
template <class Work>
void dispatch_number(torch::ScalarType type, Work work) {
  if (type == torch::kFloat32) return work(float{});
  check(type == torch::kBFloat16, "no CPU kernel for {}", torch::toString(type));
  work(BFloat16{});
}

}  // namespace mma
