#include "run/metrics_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/log.h"

namespace mma {

MetricsLog::MetricsLog(const std::filesystem::path& file, int64_t bytes) : file_(file) {
  descriptor_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  auto length = descriptor_ < 0 ? off_t{-1} : ::lseek(descriptor_, 0, SEEK_END);
  bytes_ = std::min<int64_t>(bytes, length);
  if (length < 0 || ::ftruncate(descriptor_, bytes_) != 0) {
    auto reason = std::string(std::strerror(errno));
    if (descriptor_ >= 0) ::close(descriptor_);
    throw MachineError(fmt::format("{}: cannot write: {}", file.string(), reason));
  }
}

MetricsLog::~MetricsLog() { ::close(descriptor_); }

void MetricsLog::add(const std::string& line) {
  waiting_ += line + "\n";
  if (!write() && !warned_) {
    log_warning("train", "{}: cannot write: {}; its lines wait in memory", file_.string(),
                std::strerror(errno));
    warned_ = true;
  }
}

void MetricsLog::flush() {
  if (!write() || ::fsync(descriptor_) != 0)
    throw MachineError(fmt::format("{}: cannot write: {}", file_.string(), std::strerror(errno)));
  warned_ = false;
}

bool MetricsLog::write() {
  while (!waiting_.empty()) {
    ssize_t n = ::pwrite(descriptor_, waiting_.data(), waiting_.size(), bytes_);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes_ += n;
    waiting_.erase(0, static_cast<size_t>(n));
  }
  return true;
}

}  // namespace mma
