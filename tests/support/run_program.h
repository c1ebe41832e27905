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

/// Runs a program to its end and gives what it wrote. `environment` holds "NAME=value" for the
/// program alone. `meanwhile` is called once after the start, to send signals.
ProgramResult run_program(const std::vector<std::string>& command,
                          const std::vector<std::string>& environment = {},
                          const std::function<void(pid_t)>& meanwhile = {});

}  // namespace mma::test
