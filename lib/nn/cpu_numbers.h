#pragma once
#include <torch/types.h>

#include "base/error.h"
#include "nn/rows.h"
#include "nn/vector.h"

namespace mma {

/// Whether our own CPU kernels are used at all. MMA_CPU_KERNELS=0 (read once) takes on the CPU the
/// way that other devices take, for tests. UserError for anything but 0 and 1.
bool cpu_kernels();

/// Whether they can compute it: fp32 or bf16 on the CPU. All else is left to LibTorch.
inline bool has_cpu_kernels(const torch::Tensor& x) {
  return x.device().is_cpu() &&
         (x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kBFloat16) &&
         cpu_kernels();
}

/// Guards a kernel, which sees bare numbers: throws Error unless a tensor that it reads or writes
/// is on the CPU, contiguous, and of this shape and type. `kernel` and `name` are for the message.
void check_operand(const char* kernel, const char* name, const torch::Tensor& x,
                   at::IntArrayRef shape, torch::ScalarType type);
/// The same for the rows that a kernel goes through: at least one sample, offsets from 0 that never
/// fall.
void check_rows(const char* kernel, const Rows& rows);

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
