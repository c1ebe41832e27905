#pragma once
#include <cstddef>
#include <string_view>

namespace mma {

/// What each program does first: a closed stdin, stdout or stderr is taken by nothing that is
/// opened later; a closed pipe (SIGPIPE) and a file beyond its limit (SIGXFSZ) are failed writes
/// and not the end. Called once, by main.
void start_process();

/// Ends the process with that exit code and without the destructors of its libraries: LibTorch
/// takes its thousands of operators apart for 0.2 s. Called once, as main's last act.
[[noreturn]] void end_process(int code);

/// Writes a program's results to stdout. MachineError where not all of it arrives: a full disk, a
/// closed pipe.
void print_result(std::string_view text);

/// The columns that tables among a program's results are to fit: COLUMNS where it is a number of 20
/// or more, else those of the terminal that stdout is; 0 (any) where stdout is a file or a pipe.
size_t result_columns();

}  // namespace mma
