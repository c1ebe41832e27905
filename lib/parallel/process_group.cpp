#include "parallel/process_group.h"

#include <sched.h>
#include <torch/utils.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#if defined(MMA_CUDA) && defined(USE_C10D_NCCL) && __has_include(<nccl.h>)
#define MMA_NCCL
#include <c10/cuda/CUDAGuard.h>

#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

#include "nn/memory.h"
#include "parallel/address.h"

namespace mma {

struct ProcessGroup::Engine {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
  std::chrono::milliseconds timeout;
#ifdef MMA_NCCL
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl;  // made with the first tensor of a GPU
#endif
};

namespace {

// The first line of what LibTorch says, without its backtrace.
std::string first_line(const std::exception& e) {
  auto* error = dynamic_cast<const c10::Error*>(&e);
  std::string text = error ? error->what_without_backtrace() : e.what();
  return printable(text.substr(0, text.find('\n')));
}

std::string minutes(std::chrono::milliseconds time) {
  return fmt::format("{:.3g} minutes", std::chrono::duration<double, std::ratio<60>>(time).count());
}

std::string host_name() {
  char host[256] = "";
  ::gethostname(host, sizeof(host) - 1);
  return host;
}

c10::intrusive_ptr<c10d::Store> open_store(const RankInfo& info,
                                           std::chrono::milliseconds timeout) {
  if (!info.file.empty()) {
    auto store = c10::make_intrusive<c10d::FileStore>(info.file, info.size);
    store->setTimeout(timeout);
    return store;
  }
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(info.port);
  options.isServer = info.rank == 0 && !info.served;
  options.waitWorkers = false;
  options.timeout = timeout;
  options.useLibUV = false;  // Debian's LibTorch is built without
  // c10d itself would listen on every address of this machine.
  if (options.isServer) options.masterListenFd = listen_on(info.address, info.port);
  return c10::make_intrusive<c10d::TCPStore>(info.address, options);
}

}  // namespace

ProcessGroup ProcessGroup::meet(const RankInfo& info, std::chrono::milliseconds timeout) {
  ProcessGroup group;
  if (info.size == 1) return group;
  group.info_ = info;
  try {
    auto engine = std::make_shared<Engine>();
    engine->timeout = timeout;
    engine->store =
        c10::make_intrusive<c10d::PrefixStore>("mma/" + info.job, open_store(info, timeout));
    auto options = c10d::ProcessGroupGloo::Options::create(timeout);
    options->threads = 1;
    options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(
        info.file.empty() ? own_address(info.address, info.port) : "127.0.0.1"));
    engine->gloo =
        c10::make_intrusive<c10d::ProcessGroupGloo>(engine->store, info.rank, info.size, options);
    group.engine_ = std::move(engine);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    throw MachineError(
        fmt::format("rank {} of {} on {}: cannot meet the other processes at {} within {}: {}",
                    info.rank, info.size, host_name(),
                    info.file.empty() ? fmt::format("{}:{}", info.address, info.port) : info.file,
                    minutes(timeout), first_line(e)));
  }
  return group;
}

namespace {

// Who tells that the group is broken: rank 0, and where it may be the one that is gone, rank 1. Of
// processes that mma-train started it tells itself which one ended.
bool tells_loss(const RankInfo& info, const std::string& what) {
  if (!info.file.empty()) return info.rank == 0 && what.find("imed out") != std::string::npos;
  return info.rank <= 1;
}

// Runs an operation of c10d; where the group breaks, LostError.
template <class Operation>
void operate(const RankInfo& info, std::chrono::milliseconds timeout, Operation operation) {
  try {
    operation();
  } catch (const std::exception& e) {
    const auto what = first_line(e);
    if (!tells_loss(info, what)) throw LostError("");
    throw LostError(fmt::format(
        "rank {} of {} on {}: another process of this run is gone, or has not answered within {}: "
        "{}; the same command goes on from the last checkpoint",
        info.rank, info.size, host_name(), minutes(timeout), what));
  }
}

// An operation on the processor's copy of a tensor.
template <class Work>
void on_host(const torch::Tensor& tensor, Work work) {
  torch::NoGradGuard no_grad;
  auto flat = tensor.detach();
  if (flat.is_cpu() && flat.is_contiguous()) return work(flat);
  auto host = flat.to(torch::kCPU).contiguous();
  work(host);
  flat.copy_(host);
}

}  // namespace

void ProcessGroup::sum(const torch::Tensor& tensor) const {
  if (!engine_ || tensor.numel() == 0) return;
#ifdef MMA_NCCL
  // From GPU to GPU; the control of the group, and whatever is not summed, stays with Gloo.
  if (tensor.is_cuda()) {
    c10::cuda::CUDAGuard guard(tensor.device());
    std::vector<torch::Tensor> all{tensor.detach()};
    operate(info_, engine_->timeout, [&] {
      if (!engine_->nccl) {
        auto options = c10d::ProcessGroupNCCL::Options::create();
        options->timeout = engine_->timeout;
        engine_->nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(
            c10::make_intrusive<c10d::PrefixStore>("nccl", engine_->store), info_.rank, info_.size,
            options);
      }
      // Waits on this thread, so that a process that is gone is noticed here.
      auto work = engine_->nccl->allreduce(all);
      work->wait(engine_->timeout);
    });
    return;
  }
#endif
  on_host(tensor, [&](const torch::Tensor& host) {
    std::vector<torch::Tensor> all{host};
    operate(info_, engine_->timeout, [&] { engine_->gloo->allreduce(all)->wait(); });
  });
}

void ProcessGroup::merge(const torch::Tensor& tensor) const {
  if (!engine_ || tensor.numel() == 0) return;
  on_host(tensor, [&](const torch::Tensor& host) {
    // As bytes, of which all but one rank's are 0: their sum is exact.
    sum(host.view({-1}).view(torch::kByte));
  });
}

void ProcessGroup::merge(std::vector<float>& values) const {
  if (!engine_ || values.empty()) return;
  merge(torch::from_blob(values.data(), {std::ssize(values)}, torch::kFloat32));
}

void ProcessGroup::merge(std::vector<double>& values) const {
  if (!engine_ || values.empty()) return;
  merge(torch::from_blob(values.data(), {std::ssize(values)}, torch::kFloat64));
}

void ProcessGroup::broadcast(const torch::Tensor& tensor) const {
  if (!engine_ || tensor.numel() == 0) return;
  on_host(tensor, [&](const torch::Tensor& host) {
    std::vector<torch::Tensor> all{host.view({-1}).view(torch::kByte)};
    operate(info_, engine_->timeout, [&] { engine_->gloo->broadcast(all)->wait(); });
  });
}

std::string ProcessGroup::from_leader(std::string text) const {
  if (!engine_) return text;
  auto length = torch::tensor({std::ssize(text)}, torch::kInt64);
  broadcast(length);
  text.resize(static_cast<size_t>(length.item<int64_t>()));
  broadcast(torch::from_blob(text.data(), {std::ssize(text)}, torch::kByte));
  return text;
}

void ProcessGroup::together(const std::function<void()>& work) const {
  if (!engine_) return work();
  std::exception_ptr fault;
  try {
    with_memory_errors(work);
  } catch (const LostError&) {
    throw;
  } catch (...) {
    fault = std::current_exception();
  }
  agree(fault);
}

void ProcessGroup::agree(const std::exception_ptr& fault) const {
  if (!engine_) {
    if (fault) std::rethrow_exception(fault);
    return;
  }
  const auto own = fault ? failure_of(fault) : Failure{};
  auto codes = torch::zeros({info_.size}, torch::kInt64);
  auto* code = codes.data_ptr<int64_t>();
  code[info_.rank] = own.code;
  merge(codes);
  auto first = [&](auto suits) {
    return static_cast<int>(std::find_if(code, code + info_.size, suits) - code);
  };
  int failed = first([](int64_t c) { return c != kDone && c < kSignalBase; });
  if (failed == info_.size) failed = first([](int64_t c) { return c != kDone; });
  if (failed == info_.size) return;

  auto message = info_.rank != failed ? ""
                 : failed == 0        ? own.message
                               : fmt::format("rank {} on {}: {}", failed, host_name(), own.message);
  auto length = torch::tensor({std::ssize(message)}, torch::kInt64);
  merge(length);
  message.resize(static_cast<size_t>(length.item<int64_t>()));
  merge(torch::from_blob(message.data(), {std::ssize(message)}, torch::kByte));
  if (code[failed] >= kSignalBase) throw Stopped(static_cast<int>(code[failed]) - kSignalBase);
  throw AgreedError(static_cast<ExitCode>(code[failed]), leads() ? message : "");
}

void ProcessGroup::check_same(const std::vector<std::pair<std::string, std::string>>& facts) const {
  if (!engine_) return;
  // One line each: ranks may have different facts.
  std::string own;
  for (auto& [name, value] : facts) own += name + ": " + printable(value) + "\n";
  const auto leaders = from_leader(own);
  together([&] {
    Faults faults;
    auto missing = [&](const std::string& from, const std::string& in, const char* whose) {
      for (size_t begin = 0; begin < from.size();) {
        const auto end = from.find('\n', begin);
        const auto line = from.substr(begin, end - begin);
        if (("\n" + in).find("\n" + line + "\n") == std::string::npos)
          faults.add("differs",
                     fmt::format("every process must have the same: {} has {}", whose, line));
        begin = end + 1;
      }
    };
    missing(own, leaders, "this one");
    missing(leaders, own, "rank 0");
    faults.raise();
  });
}

int ProcessGroup::sharing_cores() const {
  if (!engine_) return 1;
  constexpr int64_t kHost = 256, kMask = sizeof(cpu_set_t);
  auto all = torch::zeros({info_.size, kHost + kMask}, torch::kByte);
  cpu_set_t cores;
  CPU_ZERO(&cores);
  ::sched_getaffinity(0, sizeof(cores), &cores);
  auto* own = all[info_.rank].data_ptr<uint8_t>();
  auto host = host_name();
  std::copy_n(host.begin(), std::min<size_t>(host.size(), kHost), own);
  std::memcpy(own + kHost, &cores, sizeof(cores));
  merge(all);
  int sharing = 0;
  for (int r = 0; r < info_.size; ++r) {
    auto* row = all[r].data_ptr<uint8_t>();
    cpu_set_t theirs, both;
    std::memcpy(&theirs, row + kHost, sizeof(theirs));
    CPU_AND(&both, &cores, &theirs);
    if (r == info_.rank || (std::memcmp(row, own, kHost) == 0 && CPU_COUNT(&both) > 0)) ++sharing;
  }
  return sharing;
}

}  // namespace mma
