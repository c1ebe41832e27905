#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/files.h"

namespace mma {

/// A file that a training run only ever adds to. What cannot be written (disk full) waits in memory
/// for the next try, so that training goes on. A run that goes on cuts it to the length that its
/// checkpoint knows: what stands behind was written by steps that will be done again.
class AppendedFile {
 public:
  /// Opens the file and cuts it to `bytes`. MachineError where it cannot be written at all,
  /// UserError where something other than a file has the name.
  AppendedFile(const std::filesystem::path& file, int64_t bytes);
  void add(std::string_view bytes);
  /// Writes and syncs what waits. Throws MachineError if something still does.
  void flush();
  /// Length of the file after flush().
  int64_t bytes() const { return bytes_; }

 private:
  bool write();
  std::filesystem::path file_;
  Descriptor out_;
  int64_t bytes_ = 0;
  std::string waiting_;
  bool warned_ = false;
};

}  // namespace mma
