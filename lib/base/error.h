#pragma once
#include <fmt/format.h>
#include <fmt/ranges.h>  // fmt::join, since fmt 11

#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mma {

/// What a program exits with; batch systems decide by it whether a retry makes sense.
enum ExitCode : int {
  kDone = 0,
  kInternalError = 1,
  kUserInput = 2,      ///< flags, recipe, data or weights are wrong: do not retry
  kMachineFailed = 3,  ///< disk full, I/O, out of memory: a retry may help
  kDiverged = 4,       ///< the loss or a gradient is not finite
  kSignalBase = 128,   ///< 128 + N: stopped by signal N after saving
};

/// A fault of this program (exit 1). The base of all exceptions that the library throws.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
  virtual ExitCode exit_code() const { return kInternalError; }
};
/// The user's input is wrong (exit 2). The message says where, what was expected, what was found
/// and what to do; one line a fault.
struct UserError : Error {
  using Error::Error;
  ExitCode exit_code() const override { return kUserInput; }
};
/// The machine failed (exit 3).
struct MachineError : Error {
  using Error::Error;
  ExitCode exit_code() const override { return kMachineFailed; }
};
/// Training diverged (exit 4).
struct DivergedError : Error {
  using Error::Error;
  ExitCode exit_code() const override { return kDiverged; }
};
/// Stopped by a signal, after what had to be saved was saved (exit 128 + N).
struct Stopped : Error {
  explicit Stopped(int signal);
  ExitCode exit_code() const override { return static_cast<ExitCode>(kSignalBase + signal); }
  int signal;
};

/// What another process of the same work failed with, or what one failed with that says so itself:
/// the same exit code. An empty message is not told.
struct AgreedError : Error {
  AgreedError(ExitCode code, const std::string& message) : Error(message), code(code) {}
  ExitCode exit_code() const override { return code; }
  ExitCode code;
};

/// Guards what only a fault of this program can break.
template <class... Args>
void check(bool ok, fmt::format_string<Args...> what, Args&&... args) {
  if (!ok) throw Error(fmt::format(what, std::forward<Args>(args)...));
}
/// Guards what comes from outside: files, flags, recipes.
template <class... Args>
void check_input(bool ok, fmt::format_string<Args...> what, Args&&... args) {
  if (!ok) throw UserError(fmt::format(what, std::forward<Args>(args)...));
}

/// Collects faults of the user's input, so that all are told at once.
class Faults {
 public:
  /// Adds one line under a kind ("missing feature file"); of each kind the first 20 are told.
  void add(std::string_view kind, std::string line);
  bool empty() const { return kinds_.empty(); }
  /// The number of faults of all kinds.
  size_t count() const;
  /// All lines; a kind of more than 20 faults ends in a line with its count.
  std::string message() const;
  /// Throws UserError with message() if there is any fault.
  void raise() const;

 private:
  struct Kind {
    std::string name;
    size_t count = 0;
    std::vector<std::string> first;
  };
  std::vector<Kind> kinds_;
};

/// What an exception means for the one who started the program.
struct Failure {
  ExitCode code = kDone;
  std::string message;
};
Failure failure_of(const std::exception_ptr& exception);

/// Runs a program's work and turns what it throws into a message on stderr and an exit code.
/// The only catch-all of each program.
int guarded(const std::function<void()>& work);

/// Text from outside made fit for one line of a message: control characters escaped, cut at 80.
std::string printable(std::string_view text);

}  // namespace mma
