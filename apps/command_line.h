#pragma once
#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <optional>
#include <sstream>

#include "base/error.h"
#include "base/process.h"

namespace mma {

/// Reads a program's flags; `check` may throw CLI's errors about them, too. Nothing where the
/// program goes on; else what it exits with: after --help or --version, whose text is a result as
/// any other, or where the flags are wrong.
inline std::optional<int> read_flags(CLI::App& app, int argc, char** argv,
                                     const std::function<void()>& check = {}) {
  try {
    app.parse(argc, argv);
    if (check) check();
    return std::nullopt;
  } catch (const CLI::ParseError& e) {
    std::ostringstream out, err;
    bool asked = app.exit(e, out, err) == 0;
    std::fputs(err.str().c_str(), stderr);
    return asked ? guarded([&] { print_result(out.str()); }) : kUserInput;
  }
}

/// --missing error|absent, whether what is not there counts as absent; `what` it is about.
inline void add_missing(CLI::App& command, bool& absent, const std::string& what) {
  command
      .add_option_function<std::string>(
          "--missing", [&absent](const std::string& word) { absent = word == "absent"; },
          what + ": error (default) or absent")
      ->check(CLI::IsMember({"error", "absent"}));
}

}  // namespace mma
