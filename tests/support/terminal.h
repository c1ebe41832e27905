#pragma once
#include <functional>
#include <string>
#include <vector>

namespace mma::test {

struct TerminalResult {
  int exit_code = 0;  ///< 128 + N where signal N ended it
  std::string shown;  ///< every byte that was written to the terminal
};

/// Runs a program on a terminal of its own, 200 columns wide or `columns`, to its end. `stays_open`
/// is asked with what was shown so far; once it says no, the terminal closes, as a window or a
/// connection does.
TerminalResult run_on_terminal(const std::vector<std::string>& command,
                               const std::function<bool(const std::string&)>& stays_open = {},
                               unsigned short columns = 200);

/// The lines that are on a terminal after these bytes: carriage returns, "clear to the end of the
/// line" and colors are followed.
std::vector<std::string> lines_on_terminal(const std::string& shown);

}  // namespace mma::test
