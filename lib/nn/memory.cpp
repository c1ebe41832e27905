#include "nn/memory.h"

#include <malloc.h>
#include <sys/resource.h>

#include <climits>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>
#include <string_view>
#ifdef MMA_CUDA
#include <c10/cuda/CUDACachingAllocator.h>
#endif

#include "base/error.h"

namespace mma {

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

std::string memory_asked(const std::exception& e) {
  auto* error = dynamic_cast<const c10::OutOfMemoryError*>(&e);
  const std::string text = error ? error->what_without_backtrace() : "";
  const auto begin = text.find("Tried to allocate"), end = text.find(" is free.");
  return begin < end && end != std::string::npos ? text.substr(begin, end + 9 - begin) : "";
}

void with_memory_errors(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    if (!is_out_of_memory(e)) throw;
    auto asked = memory_asked(e);
    throw MachineError(fmt::format(
        "out of memory while loading or evaluating: {}{}a smaller backbone, bottleneck or "
        "--batch-size needs less",
        asked, asked.empty() ? "" : " "));
  }
}

int64_t peak_memory_bytes(const Compute& compute) {
#ifdef MMA_CUDA
  if (compute.device.is_cuda())
    return c10::cuda::CUDACachingAllocator::getDeviceStats(compute.device.index())
        .allocated_bytes[0]
        .peak;
#endif
  (void)compute;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<int64_t>(usage.ru_maxrss) * 1024;
}

}  // namespace mma
