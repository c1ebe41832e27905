#include "base/process.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/files.h"

namespace mma {

void start_process() {
  // Opened the wrong way, so that using one fails as it does when it is closed.
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void end_process(int code) {
#ifdef __SANITIZE_ADDRESS__
  std::exit(code);  // where leaks are looked for
#else
  std::fflush(nullptr);
  std::quick_exit(code);
#endif
}

void print_result(std::string_view text) {
  // Some file systems tell only at the end: a duplicate is closed for that.
  bool arrived = write_all(STDOUT_FILENO, text) && Descriptor(::dup(STDOUT_FILENO)).close();
  if (!arrived)
    throw MachineError(
        fmt::format("the result cannot be written to stdout: {}", std::strerror(errno)));
}

size_t result_columns() {
  constexpr size_t kLeast = 20;
  if (auto* said = std::getenv("COLUMNS")) {
    size_t columns = 0;
    auto* end = said + std::strlen(said);
    if (auto read = std::from_chars(said, end, columns);
        read.ec == std::errc() && read.ptr == end && columns >= kLeast)
      return columns;
  }
  struct winsize size = {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace mma
