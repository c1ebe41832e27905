#include "base/stop.h"

#include <atomic>
#include <csignal>
#include <ctime>

#include "base/error.h"

namespace mma {
namespace {

// Signal handlers may touch lock-free atomics.
struct {
  std::atomic<int> signal = 0, saving = 0;
  std::atomic<int64_t> when = 0;  // milliseconds
} g_stop;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<int64_t>::is_always_lock_free);

int64_t milliseconds() {
  std::timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void remember(int signal) {
  if (g_stop.signal == 0) {
    g_stop.when = milliseconds();
    g_stop.signal = signal;
    return;
  }
  bool impatient = (signal == SIGINT || signal == SIGTERM) && g_stop.saving == 0 &&
                   milliseconds() - g_stop.when >= 1000;
  if (!impatient) return;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

void watch_stop_signals() {
  struct sigaction action = {}, before = {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU}) {
    sigaction(signal, nullptr, &before);
    if (signal != SIGHUP || before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

int stop_signal() { return g_stop.signal; }

void stop_if_asked() {
  if (int signal = stop_signal()) throw Stopped(signal);
}

Saving::Saving() { ++g_stop.saving; }
Saving::~Saving() { --g_stop.saving; }

}  // namespace mma
