#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/utf8.h"

namespace mma {
namespace {

spdlog::logger& logger() {
  static auto instance = [] {
    auto console = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    console->set_pattern("%^%v%$");
    auto log = std::make_shared<spdlog::logger>("mma", console);
    log->set_level(spdlog::level::info);
    log->flush_on(spdlog::level::info);
    return log;
  }();
  return *instance;
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void log_line(Level level, std::string_view stage, const std::string& message) {
  std::string_view mark = level == Level::kWarning ? "warning: "
                          : level == Level::kError ? "error: "
                                                   : "";
  auto shown = escape_controls(message);  // it may tell of names and paths from outside
  if (stage.empty()) {
    logger().log(spdlog_level(level), "{}{}", mark, shown);
  } else {
    logger().log(spdlog_level(level), "[{}] {}{}", stage, mark, shown);
  }
}

void log_to_file(const std::filesystem::path& file) {
  auto& sinks = logger().sinks();
  sinks.resize(1);  // stderr; a file of a run before is left
  if (file.empty()) return;
  auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
  sink->set_pattern("%Y-%m-%d %H:%M:%S %v");
  sinks.push_back(sink);
}

}  // namespace mma
