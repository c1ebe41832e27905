#pragma once
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace mma {

enum class Level { kDebug, kInfo, kWarning, kError };

/// Writes one line, "[stage] message", to stderr and to the log file where one is set.
void log_line(Level level, std::string_view stage, const std::string& message);
/// Appends all that follows to this file as well, with the time of each line; to none any more
/// where the name is empty.
void log_to_file(const std::filesystem::path& file);

template <class... Args>
void log_info(std::string_view stage, fmt::format_string<Args...> text, Args&&... args) {
  log_line(Level::kInfo, stage, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(std::string_view stage, fmt::format_string<Args...> text, Args&&... args) {
  log_line(Level::kWarning, stage, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace mma
