#include "parallel/local_processes.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/private_folder.h"
#include "base/stop.h"

namespace mma {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> own_arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string all{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> arguments;
  for (size_t begin = 0; begin < all.size();) {
    const auto end = all.find('\0', begin);
    arguments.push_back(all.substr(begin, end - begin));
    begin = end + 1;
  }
  return arguments;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

struct Process {
  pid_t pid = 0;
  std::optional<int> status;  // waitpid's, once it has ended
};

// Everything is made ready before the fork: between it and exec only system calls are safe.
Process start(int rank, int count, const fs::path& store, std::vector<std::string>& arguments) {
  // Ours first: of a name that is there twice the first counts.
  std::vector<std::string> variables{
      fmt::format("MMA_RANK={}", rank), fmt::format("MMA_LOCAL_RANK={}", rank),
      fmt::format("MMA_WORLD_SIZE={}", count), "MMA_STORE=" + store.string()};
  for (char** variable = environ; *variable; ++variable) variables.emplace_back(*variable);
  auto argv = pointers(arguments), envp = pointers(variables);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0)
    throw MachineError(
        fmt::format("cannot start process {} of {}: {}; raise the limit on "
                    "processes (ulimit -u), or take fewer",
                    rank + 1, count, std::strerror(errno)));
  if (pid > 0) return {pid, {}};
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kMachineFailed);  // it died in between
  ::execve("/proc/self/exe", argv.data(), envp.data());
  ::_exit(kMachineFailed);
}

class Processes {
 public:
  ~Processes() { kill(SIGKILL), wait(); }
  void add(Process process) { all_.push_back(process); }
  void kill(int signal) {
    for (auto& process : all_)
      if (!process.status) ::kill(process.pid, signal);
  }
  // Notes which have ended; true while some run.
  bool look() {
    bool running = false;
    for (size_t i = 0; i < all_.size(); ++i) {
      auto& process = all_[i];
      int status = 0;
      if (!process.status && ::waitpid(process.pid, &status, WNOHANG) == process.pid) {
        process.status = status;
        if (status != 0 && !first_failed_) first_failed_ = i;
      }
      running |= !process.status;
    }
    return running;
  }
  void wait() {
    for (auto& process : all_) {
      int status = 0;
      if (!process.status && ::waitpid(process.pid, &status, 0) == process.pid)
        process.status = status;
    }
  }
  std::optional<size_t> first_failed() const { return first_failed_; }
  const Process& operator[](size_t rank) const { return all_[rank]; }
  size_t size() const { return all_.size(); }

 private:
  std::vector<Process> all_;
  std::optional<size_t> first_failed_;
};

}  // namespace

void run_local_processes(int count) {
  PrivateFolder folder;
  auto arguments = own_arguments();
  Processes processes;
  for (int rank = 0; rank < count; ++rank)
    processes.add(start(rank, count, folder.path() / "store", arguments));

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
    const int status = *processes[rank].status;
    if (!WIFSIGNALED(status)) continue;
    throw MachineError(fmt::format(
        "rank {} of {} {}; the same command goes on from the last checkpoint", rank, count,
        killed ? "did not end when the others had, and was killed"
               : fmt::format("was ended by signal {} ({})", WTERMSIG(status),
                             strsignal(WTERMSIG(status)))));
  }
  throw AgreedError(static_cast<ExitCode>(WEXITSTATUS(*processes[*failed].status)), "");
}

}  // namespace mma
