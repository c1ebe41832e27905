#include "nn/compute.h"

#include <torch/cuda.h>
#include <torch/utils.h>

#ifdef MMA_CUDA
#include <ATen/cuda/CUDAContext.h>
#endif

#include "base/error.h"
#include "base/log.h"

namespace mma {
namespace {

bool cpu_multiplies_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") || __builtin_cpu_supports("amx-bf16");
#else
  return false;
#endif
}

}  // namespace

Compute choose_compute(const std::string& device, const std::string& precision) {
  Compute compute;
  bool cuda = torch::cuda::is_available();
  check_input(device != "cuda" || cuda,
              "device: cuda: this build or machine has no CUDA device; use device: cpu");
  if (device == "cuda" || (device == "auto" && cuda))
    compute.device = torch::Device(torch::kCUDA, 0);
  bool native = compute.device.is_cuda() || cpu_multiplies_bf16();
  if (precision == "bf16" && !native)
    log_warning("train", "precision: bf16: this CPU has no native bf16, expect it to be slow");
  if (precision == "bf16" || (precision == "auto" && native)) compute.type = torch::kBFloat16;
  return compute;
}

std::string precision_name(const Compute& compute) {
  return compute.type == torch::kBFloat16 ? "bf16" : "fp32";
}

std::string describe(const Compute& compute) {
  std::string device = fmt::format("cpu, {} threads", at::get_num_threads());
#ifdef MMA_CUDA
  if (compute.device.is_cuda()) device = at::cuda::getDeviceProperties(0)->name;
#endif
  return fmt::format("{}, {}", device, precision_name(compute));
}

}  // namespace mma
