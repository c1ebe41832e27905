#include "data/matrix_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/files.h"
#include "data/npy.h"

namespace mma {

MatrixFile::MatrixFile(const std::filesystem::path& file, const std::string& data_set, int64_t dim)
    : name_(data_set.empty() ? file.string() : file.string() + ":" + data_set), dim_(dim) {
  if (data_set.empty() && is_npy(read_head(file, 16))) open_rows(file);
  if (fd_ < 0) array_ = read_feature_file(file, buffer_, data_set);
  try {
    rows_ = frames_of(array_, dim, name_).frames;
    // From here on the array is [rows, dim], without leading axes of length 1.
    array_.shape = {rows_, dim_};
  } catch (...) {
    if (fd_ >= 0) ::close(fd_);
    throw;
  }
}

MatrixFile::~MatrixFile() {
  if (fd_ >= 0) ::close(fd_);
}

// The whole file is mapped for a moment to have its header read; only that page is touched.
void MatrixFile::open_rows(const std::filesystem::path& file) {
  int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status;
  if (fd < 0 || ::fstat(fd, &status) != 0)
    throw MachineError(fmt::format("{}: cannot be read: {}", name_, std::strerror(errno)));
  auto size = static_cast<size_t>(status.st_size);
  void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (start == MAP_FAILED) {
    ::close(fd);
    return;
  }
  try {
    array_ = read_npy({static_cast<const char*>(start), size}, name_);
    first_byte_ = array_.bytes.data() - static_cast<const char*>(start);
  } catch (...) {
    ::munmap(start, size);
    ::close(fd);
    throw;
  }
  ::munmap(start, size);
  if (array_.fortran_order) {
    ::close(fd);
  } else {
    fd_ = fd;
  }
}

std::vector<float> MatrixFile::row(int64_t number) const {
  if (fd_ < 0) return array_row(array_, number, name_);
  thread_local std::string bytes;
  auto size = dim_ * array_.item_size;
  bytes.resize(static_cast<size_t>(size));
  for (int64_t done = 0; done < size;) {
    auto n = ::pread(fd_, bytes.data() + done, static_cast<size_t>(size - done),
                     first_byte_ + number * size + done);
    if (n < 0 && errno == EINTR) continue;
    check_input(n != 0, "{}: ends before row {}", name_, number);
    if (n < 0)
      throw MachineError(fmt::format("{}: cannot be read: {}", name_, std::strerror(errno)));
    done += n;
  }
  Array one = array_;
  one.shape = {1, dim_};
  one.bytes = bytes;
  return array_row(one, 0, fmt::format("{} (row {})", name_, number));
}

}  // namespace mma
