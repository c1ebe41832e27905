#include "data/text_store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace mma {
namespace {

constexpr size_t kPendingBytes = 1 << 20;

// A file that has no name from the start, or loses it at once.
int open_unnamed(const std::filesystem::path& folder) {
  int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) return fd;
  auto name = (folder / ".mma-texts-XXXXXX").string();
  fd = ::mkstemp(name.data());
  if (fd >= 0) ::unlink(name.c_str());
  return fd;
}

}  // namespace

TextStore::TextStore(const std::filesystem::path& folder)
    : name_(folder.string()), fd_(open_unnamed(folder)) {
  if (fd_ >= 0) return;
  auto message = fmt::format("{}: cannot make a file here: {}", name_, std::strerror(errno));
  // A folder that takes no files is the wrong folder; a full disk may be emptied.
  bool wrong_folder = errno == EACCES || errno == EPERM || errno == EROFS || errno == ENOENT;
  check_input(!wrong_folder, "{}", message);
  throw MachineError(message);
}

TextStore::~TextStore() {
  if (fd_ >= 0) ::close(fd_);
}

void TextStore::add(std::string_view text) {
  pending_ += text;
  ends_.push_back((ends_.empty() ? 0 : ends_.back()) + text.size());
  if (pending_.size() >= kPendingBytes) seal();
}

void TextStore::seal() {
  for (size_t done = 0; done < pending_.size();) {
    ssize_t n = ::write(fd_, pending_.data() + done, pending_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      throw MachineError(
          fmt::format("{}: cannot keep texts here: {}", name_, std::strerror(errno)));
    done += static_cast<size_t>(n);
  }
  pending_.clear();
}

std::string TextStore::get(size_t index) const {
  uint64_t start = index == 0 ? 0 : ends_.at(index - 1);
  std::string text(ends_.at(index) - start, '\0');
  for (size_t done = 0; done < text.size();) {
    ssize_t n =
        ::pread(fd_, text.data() + done, text.size() - done, static_cast<off_t>(start + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      throw MachineError(
          fmt::format("{}: cannot read texts back: {}", name_, std::strerror(errno)));
    done += static_cast<size_t>(n);
  }
  return text;
}

}  // namespace mma
