#include "nn/compute.h"

#include <ATen/Context.h>
#include <torch/cuda.h>
#include <torch/utils.h>

#ifdef MMA_CUDA
#include <ATen/cuda/CUDAContext.h>
#endif

#include "base/device_name.h"
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

#ifdef MMA_CUDA
std::string name_of(const torch::Device& gpu) {
  return at::cuda::getDeviceProperties(gpu.index())->name;
}
constexpr const char* kNoGpu = "no GPU is seen here (nvidia-smi lists them)";
#else
std::string name_of(const torch::Device& gpu) { return gpu.str(); }
constexpr const char* kNoGpu = "this build computes on CPUs alone (README tells of a CUDA build)";
#endif

torch::Device choose_device(const std::string& text, int local_rank) {
  const auto wanted = parse_device_name(text);
  if (wanted.kind == "cpu") return torch::kCPU;
  const auto gpus = static_cast<int>(torch::cuda::device_count());
  if (wanted.kind == "auto" && gpus == 0) {
#ifdef MMA_CUDA
    log_info("train", "device: auto: cpu, since {}", kNoGpu);
#endif
    return torch::kCPU;
  }
  check_input(gpus > 0, "device: {}: {}; use device: cpu", text, kNoGpu);
  std::vector<std::string> there;
  for (int i = 0; i < gpus; ++i) {
    torch::Device gpu(torch::kCUDA, static_cast<c10::DeviceIndex>(i));
    there.push_back(fmt::format("{} ({})", gpu.str(), name_of(gpu)));
  }
  check_input(wanted.index < gpus, "device: {}: not here; there is: {}", text,
              fmt::join(there, ", "));
  if (local_rank > 0)
    return torch::Device(torch::kCUDA,
                         static_cast<c10::DeviceIndex>((wanted.index + local_rank) % gpus));
  if (wanted.kind == "auto")
    log_info("train", "device: auto: {}{}", there[0],
             gpus > 1 ? fmt::format(", the first of {}; device: cuda:1 takes another", gpus) : "");
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(wanted.index));
}

}  // namespace

Compute choose_compute(const std::string& device, const std::string& precision, int local_rank) {
  Compute compute;
  compute.device = choose_device(device, local_rank);
  bool native = compute.device.is_cuda() || cpu_multiplies_bf16();
  if (precision == "bf16" && !native)
    log_warning("train", "precision: bf16: this CPU has no native bf16, expect it to be slow");
  compute.tf32 = precision == "tf32";
  if (compute.tf32 && compute.device.is_cpu())
    log_info("train", "precision: tf32: a CPU computes it as fp32");
  at::globalContext().setAllowTF32CuBLAS(compute.tf32);
  if (precision == "bf16" || (precision == "auto" && native)) compute.type = torch::kBFloat16;
  return compute;
}

std::string precision_name(const Compute& compute) {
  return compute.type == torch::kBFloat16 ? "bf16" : compute.tf32 ? "tf32" : "fp32";
}

std::string describe(const Compute& compute) {
  auto device = compute.device.is_cpu() ? fmt::format("cpu, {} threads", at::get_num_threads())
                                        : name_of(compute.device);
  return fmt::format("{}, {}", device, precision_name(compute));
}

}  // namespace mma
