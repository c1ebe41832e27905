#include "eval/raw_data.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace mma {
namespace {

// The mma-prep of this program's folder, or the one that is found by its name.
std::string prep_program() {
  std::error_code error;
  auto beside = fs::read_symlink("/proc/self/exe", error).parent_path() / "mma-prep";
  return !error && fs::exists(beside) ? beside.string() : "mma-prep";
}

// Runs a program with its stdout going to stderr; its exit code.
int run(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (auto& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t pid = 0;
  const int failed =
      ::posix_spawnp(&pid, command[0].c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    throw MachineError(fmt::format("{}: cannot be started: {}", command[0], std::strerror(failed)));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

PreparedRawData::PreparedRawData(const fs::path& description, const fs::path& root,
                                 const fs::path& tokenizer, bool missing_absent) {
  std::vector<std::string> command{prep_program(), "build", description.string(), "--root",
                                   root.string(),  "--out", pack().string()};
  if (!tokenizer.empty()) command.insert(command.end(), {"--tokenizer", tokenizer.string()});
  if (missing_absent) command.insert(command.end(), {"--missing", "absent"});
  const int code = run(std::move(command));
  if (code != kDone) throw AgreedError(static_cast<ExitCode>(code), "");
}

}  // namespace mma
