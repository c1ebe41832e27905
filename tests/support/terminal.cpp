#include "support/terminal.h"

#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

namespace mma::test {

TerminalResult run_on_terminal(const std::vector<std::string>& command,
                               const std::function<bool(const std::string&)>& stays_open,
                               unsigned short columns) {
  std::vector<char*> arguments;
  for (auto& text : command) arguments.push_back(const_cast<char*>(text.c_str()));
  arguments.push_back(nullptr);
  const struct winsize size = {50, columns, 0, 0};
  int terminal = -1;
  pid_t child = ::forkpty(&terminal, nullptr, nullptr, &size);
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGHUP, SIG_DFL);
    ::putenv(const_cast<char*>("TERM=xterm"));
    ::unsetenv("COLUMNS");
    ::putenv(const_cast<char*>("OMP_NUM_THREADS=1"));
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  TerminalResult result;
  char bytes[4096];
  for (ssize_t n; (n = ::read(terminal, bytes, sizeof(bytes))) > 0;) {  // EIO at its end
    result.shown.append(bytes, static_cast<size_t>(n));
    if (stays_open && !stays_open(result.shown)) break;
  }
  ::close(terminal);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

std::vector<std::string> lines_on_terminal(const std::string& shown) {
  std::vector<std::string> lines(1);
  size_t column = 0;
  for (size_t i = 0; i < shown.size(); ++i) {
    auto& line = lines.back();
    if (shown[i] == '\n') {
      lines.emplace_back();
      column = 0;
    } else if (shown[i] == '\r') {
      column = 0;
    } else if (shown.compare(i, 2, "\033[") == 0) {
      i = shown.find_first_of("Km", i);
      if (i == std::string::npos) break;
      if (shown[i] == 'K') line.resize(std::min(line.size(), column));
    } else {
      line.resize(std::max(line.size(), column + 1), ' ');
      line[column++] = shown[i];
    }
  }
  return lines;
}

}  // namespace mma::test
