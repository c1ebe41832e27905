#include "base/log.h"

#include <fcntl.h>
#include <spdlog/details/os.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "base/utf8.h"

namespace mma {
namespace {

constexpr std::string_view kClearLine = "\r\033[K";

// stderr, which nothing else writes to: lines, and on a terminal the status below them. What cannot
// be written is left out.
class Screen : public spdlog::sinks::base_sink<std::mutex> {
 public:
  Screen()
      : terminal_(::isatty(STDERR_FILENO) == 1),
        colored_(terminal_ && spdlog::details::os::is_color_terminal()) {
    set_pattern("%v");
  }
  bool terminal() const { return terminal_; }
  void show_no_status() { terminal_ = false; }
  void show(std::string status) {
    std::lock_guard lock(mutex_);
    if (!terminal_) return;
    struct winsize size = {};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
      status.resize(std::min<size_t>(status.size(), size.ws_col - 1u));
    status_ = std::move(status);
    write_all(STDERR_FILENO, std::string(kClearLine) + status_);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    std::string_view line(text.data(), text.size());
    if (!terminal_) {
      write_all(STDERR_FILENO, line);
      return;
    }
    line.remove_suffix(1);  // the colors end before the line does
    auto [on, off] = colors(message.level);
    write_all(STDERR_FILENO, fmt::format("{}{}{}{}\n{}", status_.empty() ? "" : kClearLine, on,
                                         line, off, status_));
  }
  void flush_() override {}

 private:
  std::pair<std::string_view, std::string_view> colors(spdlog::level::level_enum level) const {
    if (!colored_) return {"", ""};
    bool bad = level >= spdlog::level::err, odd = level == spdlog::level::warn;
    return {bad ? "\033[1;31m" : odd ? "\033[1;33m" : "\033[32m", "\033[0m"};
  }
  bool terminal_;
  const bool colored_;
  std::string status_;
};

// The log file. What it cannot take is told on the screen, once.
class LogFile : public spdlog::sinks::base_sink<std::mutex> {
 public:
  LogFile(const std::filesystem::path& file, std::shared_ptr<Screen> screen)
      : file_(file), out_(open_to_write(file, O_WRONLY | O_APPEND)), screen_(std::move(screen)) {
    set_pattern("%Y-%m-%d %H:%M:%S %v");
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    if (write_all(out_.get(), {text.data(), text.size()}) || told_) return;
    told_ = true;
    auto lost = fmt::format("warning: {}: cannot write: {}; lines are missing there",
                            file_.string(), std::strerror(errno));
    screen_->log({"mma", spdlog::level::warn, lost});
  }
  void flush_() override {}

 private:
  const std::filesystem::path file_;
  Descriptor out_;
  std::shared_ptr<Screen> screen_;
  bool told_ = false;
};

struct Log {
  std::shared_ptr<Screen> screen = std::make_shared<Screen>();
  spdlog::logger logger{"mma", screen};
};

Log& the_log() {
  static Log instance;
  return instance;
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
  auto& logger = the_log().logger;
  auto shown = escape_controls(message);  // it may tell of names and paths from outside
  if (stage.empty()) {
    logger.log(spdlog_level(level), "{}{}", mark, shown);
  } else {
    logger.log(spdlog_level(level), "[{}] {}{}", stage, mark, shown);
  }
}

void log_to_file(const std::filesystem::path& file) {
  auto& log = the_log();
  log.logger.sinks() = {log.screen};
  if (file.empty()) return;
  // The file comes first, and takes the place of one of a run before.
  log.logger.sinks() = {std::make_shared<LogFile>(file, log.screen), log.screen};
}

void log_errors_only() {
  the_log().logger.set_level(spdlog::level::err);
  the_log().screen->show_no_status();
}

bool has_terminal() { return the_log().screen->terminal(); }

void show_status(const std::string& line) { the_log().screen->show(line); }

}  // namespace mma
