#pragma once
#include <cstdint>
#include <vector>

namespace mma::bench {

/// What the profiler saw: work of a GPU, or a call in which the host waited for one. In ns.
struct DeviceEvent {
  enum class Kind { kKernel, kCopy, kWait };
  Kind kind;
  uint64_t begin, end;
};

/// How a GPU was used, averaged over steps.
struct DeviceActivity {
  double kernels = 0;  ///< launched a step
  double copies = 0;   ///< of memory, and fills, a step
  double waits = 0;    ///< of the host for the GPU, a step
  double busy =
      0;  ///< share of the time between the first work and the last in which there was any
};
/// Works that overlap are busy once. All zero without events.
DeviceActivity summarise(const std::vector<DeviceEvent>& events, int64_t steps);

/// Records what the process's GPUs do while it lives, with LibTorch's profiler (Kineto over CUPTI).
class DeviceRecorder {
 public:
  DeviceRecorder();
  ~DeviceRecorder();
  DeviceRecorder(const DeviceRecorder&) = delete;
  DeviceRecorder& operator=(const DeviceRecorder&) = delete;
  /// Ends the recording, after which nothing may still run on a GPU.
  std::vector<DeviceEvent> take();

 private:
  bool recording_ = true;
};

}  // namespace mma::bench
