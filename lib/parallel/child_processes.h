#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mma {

/// This program again, with other arguments.
struct ChildCommand {
  std::vector<std::string> arguments;  ///< the program's name first
  std::vector<std::string> variables;  ///< "NAME=value", before those of this process
  std::filesystem::path errors;        ///< the file that is its stderr; "": as this process's
};

/// This process's own command line.
std::vector<std::string> own_arguments();

/// Processes that run this program again. Where this process is killed, they stop as by SIGTERM;
/// the destructor kills them.
class ChildProcesses {
 public:
  ChildProcesses() = default;
  ~ChildProcesses();
  ChildProcesses(const ChildProcesses&) = delete;
  ChildProcesses& operator=(const ChildProcesses&) = delete;
  /// Starts one, as number size() - 1. MachineError with `what` ("process 2 of 4") where it cannot.
  void start(const ChildCommand& command, const std::string& what);
  /// Sends a signal to all that still run.
  void kill(int signal);
  /// Notes which have ended; true while some run.
  bool look();
  /// waitpid's status of one that has ended.
  const std::optional<int>& status(size_t number) const { return all_.at(number).status; }
  /// The one that ended badly first.
  std::optional<size_t> first_failed() const { return first_failed_; }
  size_t size() const { return all_.size(); }

 private:
  struct Process {
    pid_t pid = 0;
    std::optional<int> status;
  };
  std::vector<Process> all_;
  std::optional<size_t> first_failed_;
};

}  // namespace mma
