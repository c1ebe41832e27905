#include "run/appended_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/log.h"

namespace mma {

AppendedFile::AppendedFile(const std::filesystem::path& file, int64_t bytes)
    : file_(file), out_(open_to_write(file, O_WRONLY)) {
  auto length = ::lseek(out_.get(), 0, SEEK_END);
  bytes_ = std::min<int64_t>(bytes, length);
  if (length < 0 || ::ftruncate(out_.get(), bytes_) != 0)
    throw MachineError(fmt::format("{}: cannot write: {}", file.string(), std::strerror(errno)));
}

void AppendedFile::add(std::string_view bytes) {
  waiting_ += bytes;
  if (!write() && !warned_) {
    log_warning("train", "{}: cannot write: {}; what is added waits in memory", file_.string(),
                std::strerror(errno));
    warned_ = true;
  }
}

void AppendedFile::flush() {
  if (!write() || ::fsync(out_.get()) != 0)
    throw MachineError(fmt::format("{}: cannot write: {}", file_.string(), std::strerror(errno)));
  warned_ = false;
}

bool AppendedFile::write() {
  while (!waiting_.empty()) {
    ssize_t n = ::pwrite(out_.get(), waiting_.data(), waiting_.size(), bytes_);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes_ += n;
    waiting_.erase(0, static_cast<size_t>(n));
  }
  return true;
}

}  // namespace mma
