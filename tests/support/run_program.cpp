#include "support/run_program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "support/paths.h"

#ifdef MMA_HELD_PROGRAMS
int mma_train_main(int, char**);
int mma_eval_main(int, char**);
#endif

namespace mma::test {
namespace {

using Main = int (*)(int, char**);

// app-tests holds the programs that load LibTorch, which takes 0.4 s a start: a copy of the test
// program becomes one. What would differ from a start of its own is started: with variables that
// libraries read when they are loaded, or a program that starts itself.
Main held([[maybe_unused]] const std::vector<std::string>& command, [[maybe_unused]] bool plain) {
#ifdef MMA_HELD_PROGRAMS
  bool alone = std::none_of(command.begin(), command.end(), [](auto& argument) {
    return argument == "--processes" || argument == "--jobs";
  });
  if (plain && alone && command[0] == bin_dir() / "mma-train") return mma_train_main;
  if (plain && alone && command[0] == bin_dir() / "mma-eval") return mma_eval_main;
#endif
  return nullptr;
}

std::string content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// In the child: only calls that are safe after fork.
[[noreturn]] void become(Main main, const std::vector<char*>& arguments, char* const* environment,
                         int out, int err) {
  // Whatever the test program was started with (nohup, a shell's "&"), and Catch2's.
  for (int signal : {SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    ::signal(signal, SIG_DFL);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  // One thread: the same everywhere, and no time spent on choosing. What is asked for wins.
  ::setenv("OMP_NUM_THREADS", "1", 1);
  ::unsetenv("COLUMNS");  // tables of any width
  for (; *environment; ++environment) ::putenv(*environment);
  if (main)
    ::_exit(main(static_cast<int>(arguments.size()) - 1, const_cast<char**>(arguments.data())));
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

}  // namespace

ProgramResult run_program(const std::vector<std::string>& command,
                          const std::vector<std::string>& environment,
                          const std::function<void(pid_t)>& meanwhile) {
  ScratchDir dir;  // files, not pipes: nothing to fill up while the other is read
  auto open = [&](const char* name) {
    return ::open((dir / name).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  };
  int out = open("out"), err = open("err");
  REQUIRE((out >= 0 && err >= 0));
  auto arguments = pointers(command), variables = pointers(environment);
  Main main = held(command, environment.empty());
  std::cout.flush();  // or a copy would write what waits in it once more
  std::fflush(nullptr);
  pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) become(main, arguments, variables.data(), out, err);
  ::close(out);
  ::close(err);
  if (meanwhile) meanwhile(child);
  int status = 0;
  struct rusage usage = {};
  REQUIRE(::wait4(child, &status, 0, &usage) == child);
  int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return {code, content(dir / "out"), content(dir / "err"), int64_t{usage.ru_maxrss} * 1024};
}

}  // namespace mma::test
