#include "backbones/device.h"

#include <malloc.h>
#include <sys/resource.h>

#include <chrono>
#include <climits>
#include <fstream>
#ifdef MMA_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#endif

#include "base/error.h"
#include "base/log.h"
#include "nn/dense.h"

namespace mma {
namespace {

bool cpu_multiplies_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") || __builtin_cpu_supports("amx-bf16");
#else
  return false;
#endif
}

// The best FLOP/s of some products [m, 768] x [768, n]; the first ones wake the threads.
double product_rate(const BertOptions& options, int64_t m, int64_t n, int tries) {
  torch::NoGradGuard no_grad;
  const int64_t k = 768;
  auto tensor_options = torch::dtype(options.type).device(options.device);
  auto a = torch::ones({m, k}, tensor_options);
  Dense product{torch::ones({n, k}, tensor_options), torch::zeros({n}, tensor_options), nullptr};
  product.pack();
  double best = 0;
  for (int i = 0; i < tries; ++i) {
    auto start = std::chrono::steady_clock::now();
    auto c = product(a);
    if (options.device.is_cuda()) torch::cuda::synchronize();
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, 2.0 * static_cast<double>(m * k * n) / seconds);
  }
  return best;
}

}  // namespace

BertOptions choose_device(const std::string& device, const std::string& precision) {
  BertOptions options;
  bool cuda = torch::cuda::is_available();
  check_input(device != "cuda" || cuda,
              "device: cuda: this build or machine has no CUDA device; use device: cpu");
  if (device == "cuda" || (device == "auto" && cuda))
    options.device = torch::Device(torch::kCUDA, 0);
  bool native = options.device.is_cuda() || cpu_multiplies_bf16();
  if (precision == "bf16" && !native)
    log_warning("train", "precision: bf16: this CPU has no native bf16, expect it to be slow");
  if (precision == "bf16" || (precision == "auto" && native)) options.type = torch::kBFloat16;
  return options;
}

std::string precision_name(const BertOptions& options) {
  return options.type == torch::kBFloat16 ? "bf16" : "fp32";
}

std::string describe(const BertOptions& options) {
  std::string device = fmt::format("cpu, {} threads", at::get_num_threads());
#ifdef MMA_CUDA
  if (options.device.is_cuda()) device = at::cuda::getDeviceProperties(0)->name;
#endif
  return fmt::format("{}, {}", device, precision_name(options));
}

double measure_matrix_peak(const BertOptions& options) {
  double rate = product_rate(options, 256, 768, 3);
  if (rate < 6e9) {
    log_warning(
        "train",
        "matrix products run at {:.1f} GFLOP/s, expected at least 20: libblas.so.3 is probably the "
        "reference BLAS; install libopenblas0-openmp",
        rate / 1e9);
    return rate;
  }
  return product_rate(options, 1024, 3072, 24);
}

int64_t available_memory_bytes() {
  std::ifstream info("/proc/meminfo");
  std::string name;
  for (int64_t kilobytes = 0; info >> name >> kilobytes; info.ignore(64, '\n'))
    if (name == "MemAvailable:") return kilobytes * 1024;
  return INT64_MAX;
}

void set_up_memory() {
  // Each step has a number of tokens of its own, for which oneDNN makes code and keeps it, 1024
  // pieces by default. A step takes up to 55, and 10 to 20 of them are new with another number of
  // tokens (counted with ONEDNN_VERBOSE on fp32 and bf16, one and four modalities).
  setenv("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64", /*overwrite=*/0);
#if defined(__GLIBC__)
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

bool is_out_of_memory(const std::exception& e) {
  if (dynamic_cast<const std::bad_alloc*>(&e) || dynamic_cast<const c10::OutOfMemoryError*>(&e))
    return true;
  // The CPU's allocator throws a plain c10::Error.
  return dynamic_cast<const c10::Error*>(&e) &&
         std::string_view(e.what()).find("can't allocate memory") != std::string_view::npos;
}

void with_memory_errors(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    if (!is_out_of_memory(e)) throw;
    throw MachineError(
        "out of memory while loading or evaluating: a smaller backbone, bottleneck or --batch-size "
        "needs less");
  }
}

int64_t peak_memory_bytes(const BertOptions& options) {
#ifdef MMA_CUDA
  if (options.device.is_cuda())
    return c10::cuda::CUDACachingAllocator::getDeviceStats(0).allocated_bytes[0].peak;
#endif
  (void)options;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<int64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace mma
