#pragma once
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mma::test {

struct ProgramResult {
  int exit_code = 0;  ///< 128 + N where signal N ended it
  std::string out, err;
  int64_t peak_memory_bytes = 0;
};

/// Runs a program to its end and gives what it wrote. It computes with one thread: the models of
/// these tests are too small to gain from more, and other work on the machine would make more wait
/// for each other. `environment` holds "NAME=value" for the program alone. `meanwhile` is called
/// once after the start, to send signals.
ProgramResult run_program(const std::vector<std::string>& command,
                          const std::vector<std::string>& environment = {},
                          const std::function<void(pid_t)>& meanwhile = {});
inline ProgramResult run_program(const std::vector<std::string>& command,
                                 const std::function<void(pid_t)>& meanwhile) {
  return run_program(command, {}, meanwhile);
}

}  // namespace mma::test
