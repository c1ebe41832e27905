#include "base/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace mma {

// O_NONBLOCK: opening a FIFO would wait for its writer.
InputFile::InputFile(const std::filesystem::path& file)
    : name_(file.string()), fd_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  int error = errno;
  if (fd_ < 0 && (error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO))
    throw MachineError(fmt::format("{}: cannot be opened: {}", name_, std::strerror(error)));
  bool absent = error == ENOENT || error == ENOTDIR;
  check_input(fd_ >= 0, "{}: {}", name_, absent ? "no such file" : std::strerror(error));
  struct stat status = {};
  bool regular = ::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
  if (!regular) ::close(fd_);
  check_input(regular, "{}: expected a file, found something else", name_);
  size_ = static_cast<uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(fd_); }

void InputFile::read(uint64_t offset, char* into, size_t size) const {
  while (size > 0) {
    auto n = ::pread(fd_, into, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw MachineError(fmt::format("{}: cannot be read: {}", name_, std::strerror(errno)));
    check_input(n != 0, "{}: ends after {} bytes, expected at least {}", name_, offset,
                offset + size);
    into += n;
    offset += static_cast<uint64_t>(n);
    size -= static_cast<size_t>(n);
  }
}

}  // namespace mma
