#pragma once
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace mma {

enum class Level { kDebug, kInfo, kWarning, kError };

/// Writes one line, "[stage] message", to stderr and to the log file where one is set. Nothing that
/// becomes of the screen stops a program: to a terminal or a pipe that is closed nothing is shown,
/// and the log file still gets every line.
void log_line(Level level, std::string_view stage, const std::string& message);
/// Appends all that follows to this file as well, with the time of each line; to none any more
/// where the name is empty. A line that it cannot take is told on the screen, once. Throws
/// MachineError where the file cannot be written, UserError where something other than a file has
/// the name.
void log_to_file(const std::filesystem::path& file);

/// From now on errors alone are told: another process says the rest.
void log_errors_only();

/// Whether stderr is a terminal, so that show_status() shows something.
bool has_terminal();
/// The terminal's last line, below all that is logged: each replaces the one before, "" takes it
/// away. Not more than fits the terminal's width.
void show_status(const std::string& line);

template <class... Args>
void log_info(std::string_view stage, fmt::format_string<Args...> text, Args&&... args) {
  log_line(Level::kInfo, stage, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(std::string_view stage, fmt::format_string<Args...> text, Args&&... args) {
  log_line(Level::kWarning, stage, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace mma
