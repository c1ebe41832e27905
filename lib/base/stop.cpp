#include "base/stop.h"

#include <csignal>

#include "base/error.h"

namespace mma {
namespace {

volatile std::sig_atomic_t g_stop_signal = 0;

void remember(int signal) {
  if (g_stop_signal != 0) {  // the second one: do not wait any longer
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
  g_stop_signal = signal;
}

}  // namespace

void watch_stop_signals() {
  struct sigaction action = {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaction(signal, &action, nullptr);
}

int stop_signal() { return g_stop_signal; }

void stop_if_asked() {
  if (int signal = stop_signal()) throw Stopped(signal);
}

}  // namespace mma
