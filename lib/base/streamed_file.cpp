#include "base/streamed_file.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace mma {
namespace {

constexpr size_t kMostWaiting = 1 << 20;

}  // namespace

StreamedFile::StreamedFile(const fs::path& file)
    : name_(file),
      file_(file),
      descriptor_(open_to_write(file_.path(), O_WRONLY | O_CREAT | O_TRUNC)) {}

void StreamedFile::add(std::string_view bytes) {
  waiting_ += bytes;
  if (waiting_.size() >= kMostWaiting) write();
}

void StreamedFile::write() {
  if (!write_all(descriptor_.get(), waiting_))
    throw MachineError(
        fmt::format("{}: cannot be written: {}", name_.string(), std::strerror(errno)));
  waiting_.clear();
}

void StreamedFile::commit() {
  write();
  file_.commit(std::move(descriptor_));
}

}  // namespace mma
