#include "base/input_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace mma {

InputFile::InputFile(const std::filesystem::path& file)
    : name_(file.string()), in_(open_to_read(file, &size_)) {}

InputFile::InputFile(std::string name, Descriptor in) : name_(std::move(name)), in_(std::move(in)) {
  struct stat status;
  if (::fstat(in_.get(), &status) != 0)
    throw MachineError(fmt::format("{}: cannot be read: {}", name_, std::strerror(errno)));
  size_ = static_cast<uint64_t>(status.st_size);
}

void InputFile::read(uint64_t offset, char* into, size_t size) const {
  while (size > 0) {
    auto n = ::pread(in_.get(), into, size, static_cast<off_t>(offset));
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
