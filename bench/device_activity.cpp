#include "bench/device_activity.h"

#include <kineto/ActivityType.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <algorithm>
#include <string>
#include <utility>

namespace mma::bench {
namespace {

namespace profiler = torch::autograd::profiler;
using torch::profiler::impl::ActivityType;

const std::set<ActivityType> kActivities{ActivityType::CUDA};  // kernels, copies, and runtime calls

}  // namespace

DeviceActivity summarise(const std::vector<DeviceEvent>& events, int64_t steps) {
  DeviceActivity activity;
  std::vector<std::pair<uint64_t, uint64_t>> work;
  for (auto& event : events) {
    if (event.kind == DeviceEvent::Kind::kWait) {
      ++activity.waits;
      continue;
    }
    ++(event.kind == DeviceEvent::Kind::kKernel ? activity.kernels : activity.copies);
    work.emplace_back(event.begin, event.end);
  }
  for (auto* count : {&activity.kernels, &activity.copies, &activity.waits})
    *count /= static_cast<double>(steps);
  if (work.empty()) return activity;
  std::sort(work.begin(), work.end());
  uint64_t busy = 0, until = work.front().first;
  for (auto [begin, end] : work) {
    if (end > until) busy += end - std::max(begin, until);
    until = std::max(until, end);
  }
  const uint64_t time = until - work.front().first;
  activity.busy = time == 0 ? 0 : static_cast<double>(busy) / static_cast<double>(time);
  return activity;
}

DeviceRecorder::DeviceRecorder() {
  using namespace torch::profiler::impl;
  const ProfilerConfig config(ProfilerState::KINETO);
  profiler::prepareProfiler(config, kActivities);
  profiler::enableProfiler(config, kActivities);
}

DeviceRecorder::~DeviceRecorder() {
  if (recording_) profiler::disableProfiler();
}

std::vector<DeviceEvent> DeviceRecorder::take() {
  recording_ = false;
  std::vector<DeviceEvent> events;
  for (auto& event : profiler::disableProfiler()->events()) {
    using Kind = DeviceEvent::Kind;
    auto add = [&](Kind kind) { events.push_back({kind, event.startNs(), event.endNs()}); };
    switch (static_cast<libkineto::ActivityType>(event.activityType())) {
      case libkineto::ActivityType::CONCURRENT_KERNEL:
        add(Kind::kKernel);
        break;
      case libkineto::ActivityType::GPU_MEMCPY:
      case libkineto::ActivityType::GPU_MEMSET:
        add(Kind::kCopy);
        break;
      case libkineto::ActivityType::CUDA_RUNTIME:
      case libkineto::ActivityType::CUDA_DRIVER:  // cudaStreamSynchronize and its like
        if (event.name().find("Synchronize") != std::string::npos) add(Kind::kWait);
        break;
      default:
        break;
    }
  }
  return events;
}

}  // namespace mma::bench
