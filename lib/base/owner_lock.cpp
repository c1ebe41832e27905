#include "base/owner_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/error.h"
#include "base/log.h"

namespace mma {
namespace {

std::string this_process() {
  char host[256] = "", when[64] = "";
  ::gethostname(host, sizeof(host) - 1);
  std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
  return fmt::format("process {} on {} since {}\n", ::getpid(), host, when);
}

std::string read_owner(int descriptor) {
  char text[512];
  ssize_t size = ::pread(descriptor, text, sizeof(text), 0);
  std::string owner(text, size > 0 ? static_cast<size_t>(size) : 0);
  if (!owner.empty() && owner.back() == '\n') owner.pop_back();
  return owner.empty() ? "another process" : printable(owner);
}

}  // namespace

bool lock_file(const Descriptor& file, const std::filesystem::path& name) {
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  log_warning("", "{}: no lock ({}): take care that no other process writes there", name.string(),
              std::strerror(errno));
  return true;
}

void remove_abandoned(const std::filesystem::path& file) {
  std::error_code ignored;
  for (auto& entry :
       fs::directory_iterator(file.has_parent_path() ? file.parent_path() : ".", ignored)) {
    if (!is_temporary_of(file, entry.path())) continue;
    Descriptor left(::open(entry.path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (left.get() >= 0 && ::flock(left.get(), LOCK_EX | LOCK_NB) == 0)
      fs::remove(entry.path(), ignored);
  }
}

OwnerLock::OwnerLock(const fs::path& file) {
  std::string owner;
  auto lock = if_free(file, owner);
  check_input(lock.has_value(), "{}: in use by {}; wait for it, or give another folder",
              file.parent_path().string(), owner);
  *this = std::move(*lock);
}

std::optional<OwnerLock> OwnerLock::if_free(const fs::path& file, std::string& owner) {
  OwnerLock lock(open_to_write(file, O_RDWR));
  if (!lock_file(lock.file_, file)) {
    owner = read_owner(lock.file_.get());
    return {};
  }
  lock.write_owner(file);
  return lock;
}

void OwnerLock::write_owner(const fs::path& file) const {
  auto owner = this_process();
  if (::ftruncate(file_.get(), 0) != 0 ||
      ::pwrite(file_.get(), owner.data(), owner.size(), 0) != static_cast<ssize_t>(owner.size()))
    throw MachineError(fmt::format("{}: cannot write: {}", file.string(), std::strerror(errno)));
}

}  // namespace mma
