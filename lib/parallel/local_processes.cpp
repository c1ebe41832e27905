#include "parallel/local_processes.h"

#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "base/private_folder.h"
#include "base/stop.h"
#include "parallel/child_processes.h"

namespace mma {

void run_local_processes(int count) {
  PrivateFolder folder;
  ChildCommand command{own_arguments(), {}, {}};
  ChildProcesses processes;
  for (int rank = 0; rank < count; ++rank) {
    command.variables = {fmt::format("MMA_RANK={}", rank), fmt::format("MMA_LOCAL_RANK={}", rank),
                         fmt::format("MMA_WORLD_SIZE={}", count),
                         "MMA_STORE=" + (folder.path() / "store").string()};
    processes.start(command, fmt::format("process {} of {}", rank + 1, count));
  }

  constexpr double kPatience = 10;
  bool passed_on = false, killed = false;
  Clock::time_point failed_at;
  while (processes.look()) {
    if (int signal = stop_signal(); signal && !passed_on) {
      passed_on = true;
      processes.kill(signal);
    }
    if (!processes.first_failed()) failed_at = Clock::now();
    if (seconds_since(failed_at) > kPatience && !killed) {
      killed = true;
      processes.kill(SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const auto failed = processes.first_failed();
  if (!failed) return;
  for (size_t rank = 0; rank < processes.size(); ++rank) {
    const int status = *processes.status(rank);
    if (!WIFSIGNALED(status)) continue;
    throw MachineError(fmt::format(
        "rank {} of {} {}; the same command goes on from the last checkpoint", rank, count,
        killed ? "did not end when the others had, and was killed"
               : fmt::format("was ended by signal {} ({})", WTERMSIG(status),
                             strsignal(WTERMSIG(status)))));
  }
  throw AgreedError(static_cast<ExitCode>(WEXITSTATUS(*processes.status(*failed))), "");
}

}  // namespace mma
