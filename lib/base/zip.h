#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mma {

struct ZipEntry {
  std::string name;
  uint64_t size = 0;   ///< as the archive declares it, unpacked
  bool stored = true;  ///< not compressed
};

/// An entry, read from its beginning on.
class ZipStream {
 public:
  virtual ~ZipStream() = default;
  /// The next `size` bytes. UserError where the entry is damaged or has fewer.
  virtual void read(char* into, size_t size) = 0;
  /// After the last byte: UserError where there are more of them or their CRC is another.
  virtual void finish() = 0;
};

/// A zip archive, read only. Throws UserError where the file is no zip archive or one that this
/// reader does not trust: entries of the same name, encrypted ones, methods other than stored and
/// deflated, sizes that the file cannot hold.
class ZipArchive {
 public:
  explicit ZipArchive(const std::filesystem::path& file);
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;
  /// In the archive's order.
  const std::vector<ZipEntry>& entries() const;
  /// The entry of that name, or null.
  const ZipEntry* find(const std::string& name) const;
  /// The entry's bytes, its CRC checked. UserError where there is none of that name, it is larger
  /// than `max_bytes` (looked at before any memory is taken), or it is damaged.
  std::string read(const std::string& name, uint64_t max_bytes = UINT64_MAX) const;
  /// The entry of that name, which must be there, to be read piece by piece as long as this lives.
  std::unique_ptr<ZipStream> open(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mma
