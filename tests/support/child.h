#pragma once
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>

namespace mma::test {

/// What a copy of this process (fork) exits with after work(), which returns its exit code; 128 + N
/// where signal N ended it. For what would change or end the test program: limits, signals.
template <class Work>
int in_child(Work work) {
  pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int code = 99;
    try {
      code = work();
    } catch (...) {
    }
    ::_exit(code);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace mma::test
