#pragma once
#include <torch/types.h>

#include <string>

namespace mma {

/// Where and in which type a model computes.
struct Compute {
  torch::Device device = torch::kCPU;
  torch::ScalarType type = torch::kFloat32;  ///< of frozen matrices and activations
  bool tf32 = false;  ///< a GPU may multiply fp32 in TensorFloat-32: 10 bits of a number, not 23
};

/// What a recipe's words (base/device_name.h) mean on this machine: `auto` is the first GPU where
/// there is one, which is said, and bf16 where the hardware multiplies it natively. UserError, with
/// the GPUs that there are, if what is asked for is not there. Of several processes on a machine
/// each takes a GPU, by its number `local_rank` among them. LibTorch's switch for TF32, the
/// process's, is left as `precision` says: off but for `tf32`.
Compute choose_compute(const std::string& device, const std::string& precision, int local_rank = 0);
/// "cpu, 2 threads, fp32" or "NVIDIA H100, bf16".
std::string describe(const Compute& compute);
/// "fp32", "tf32" or "bf16".
std::string precision_name(const Compute& compute);

}  // namespace mma
