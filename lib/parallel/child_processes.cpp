#include "parallel/child_processes.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "base/files.h"

namespace mma {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

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

ChildProcesses::~ChildProcesses() {
  kill(SIGKILL);
  for (auto& process : all_)
    if (!process.status) ::waitpid(process.pid, nullptr, 0);
}

// Everything is made ready before the fork: between it and exec only system calls are safe.
void ChildProcesses::start(const ChildCommand& command, const std::string& what) {
  auto arguments = command.arguments, variables = command.variables;
  // Ours first: of a name that is there twice the first counts.
  for (char** variable = environ; *variable; ++variable) variables.emplace_back(*variable);
  auto argv = pointers(arguments), envp = pointers(variables);
  std::optional<Descriptor> errors;
  if (!command.errors.empty()) errors.emplace(open_to_write(command.errors, O_WRONLY | O_TRUNC));
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0)
    throw MachineError(
        fmt::format("cannot start {}: {}; raise the limit on processes (ulimit -u), or take fewer",
                    what, std::strerror(errno)));
  if (pid > 0) {
    all_.push_back({pid, {}});
    return;
  }
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kMachineFailed);  // it died in between
  if (errors) ::dup2(errors->get(), STDERR_FILENO);
  ::execve("/proc/self/exe", argv.data(), envp.data());
  ::_exit(kMachineFailed);
}

void ChildProcesses::kill(int signal) {
  for (auto& process : all_)
    if (!process.status) ::kill(process.pid, signal);
}

bool ChildProcesses::look() {
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

}  // namespace mma
