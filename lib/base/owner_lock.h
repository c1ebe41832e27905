#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/files.h"

namespace mma {

/// Takes the advisory lock (flock) of an open file, until it is closed by whoever opened it or
/// ends; false where another one has it. Where the file system has no locks: true, and a warning.
bool lock_file(const Descriptor& file, const std::filesystem::path& name);

/// Removes what killed processes left of a file under construction (TemporaryFile) that they had
/// locked: what nobody holds the lock of any more.
void remove_abandoned(const std::filesystem::path& file);

/// One owner of a folder at a time: an advisory lock on a file that says who holds it:
/// host, process, since when. The kernel gives it up when the process ends, however it ends, so
/// that what a dead process left is taken over. The file stays. Where the file system has no locks:
/// a warning.
class OwnerLock {
 public:
  /// Throws UserError that names the owner if another process has it, or if something other than a
  /// file has the name; MachineError if the file cannot be written.
  explicit OwnerLock(const std::filesystem::path& file);
  /// The same, or none, with its `owner`, if another process has it.
  static std::optional<OwnerLock> if_free(const std::filesystem::path& file, std::string& owner);

 private:
  explicit OwnerLock(Descriptor file) : file_(std::move(file)) {}
  void write_owner(const std::filesystem::path& file) const;
  Descriptor file_;
};

}  // namespace mma
