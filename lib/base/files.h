#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mma {

namespace fs = std::filesystem;

/// The whole file. Throws UserError where it is missing, may not be read, is not a regular file or
/// is larger than `max_bytes`, MachineError where opening or reading fails otherwise.
std::string read_file(const fs::path& file, uint64_t max_bytes = UINT64_MAX);
/// The same into a buffer whose memory is used again.
void read_file(const fs::path& file, std::string& into, uint64_t max_bytes = UINT64_MAX);

/// The first bytes of the file, fewer where it is shorter: what tells its format. Throws as
/// read_file.
std::string read_head(const fs::path& file, size_t size);

/// root / relative, where `relative` may come from a stranger. Throws UserError if it is absolute,
/// climbs out of root by "..", or leaves it through a symbolic link.
fs::path path_under(const fs::path& root, const std::string& relative);

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  int get() const { return fd_; }
  /// Its owner from now on closes it.
  int release() { return std::exchange(fd_, -1); }
  /// Closes it now; false, with errno, where the system says that what was written is lost.
  bool close();

 private:
  int fd_;
};

/// Opens a file to be read; `size`: its bytes. Throws UserError where there is none, may not be
/// read, or something else has the name (a FIFO is not waited for), MachineError where the machine
/// fails.
Descriptor open_to_read(const fs::path& file, uint64_t* size = nullptr);

/// Opens a file to be written in place, and makes it where it is not there: `flags` as for open(2),
/// O_WRONLY or O_RDWR among them. Something else of that name (a FIFO, a device, a folder) is
/// refused and not waited for: UserError; whatever else fails: MachineError.
Descriptor open_to_write(const fs::path& file, int flags);

/// Writes all bytes; false, with errno, where that fails. For files, pipes and terminals.
bool write_all(int descriptor, std::string_view bytes);

/// Replaces the file by these bytes, wholly or not at all: temporary name, fsync, close, rename.
/// Throws MachineError, and UserError where something other than a file has the name; the temporary
/// file is gone then.
void write_atomically(const fs::path& file, std::string_view bytes);

/// A file under construction beside its final name; gone unless commit() is reached.
class TemporaryFile {
 public:
  explicit TemporaryFile(fs::path final_name);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const fs::path& path() const { return temporary_; }
  /// Syncs and closes the descriptor that wrote the file (no other one surely learns of what the
  /// system could not keep), gives the file its final name, syncs the folder. Throws MachineError.
  void commit(Descriptor written);

 private:
  fs::path final_, temporary_;
};

/// Whether it has a name that TemporaryFile gives to `file` under construction.
bool is_temporary_of(const fs::path& file, const fs::path& temporary);

/// Removes what killed processes left under construction in a folder and the folders in it. Only
/// for a folder that no other process writes into.
void remove_temporary_files(const fs::path& folder);

/// Flushes a file's or a folder's contents to the disk.
void sync_path(const fs::path& path);
/// The folder and those above it. UserError where a file has the name, MachineError where it cannot
/// be made.
void make_directories(const fs::path& folder);
/// UserError where this user may not write into the folder, MachineError where its disk has less
/// than `bytes` free.
void check_space(const fs::path& folder, int64_t bytes);

/// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  ~Sha256();
  void add(const void* data, size_t size);
  /// 64 hexadecimal digits; nothing can be added after it.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// SHA-256 as 64 hexadecimal digits.
std::string sha256(std::string_view bytes);
/// `between` is called between pieces of a large file: to stop, by throwing.
std::string sha256_file(const fs::path& file, const std::function<void()>& between = {});
/// One hash of several files: of the lines "name sha256\n" in the order given.
std::string sha256_files(const std::vector<fs::path>& files,
                         const std::function<void()>& between = {});

}  // namespace mma
