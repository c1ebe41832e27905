#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/files.h"

namespace mma {

/// A regular file that is open for reading at any place, from any thread.
class InputFile {
 public:
  /// Throws as open_to_read does.
  explicit InputFile(const std::filesystem::path& file);
  /// A file that is open already; `name` is for messages.
  InputFile(std::string name, Descriptor in);
  const std::string& name() const { return name_; }
  /// As it was when the file was opened.
  uint64_t size() const { return size_; }
  /// Bytes offset .. offset+size-1. UserError where the file ends before, MachineError where
  /// reading fails.
  void read(uint64_t offset, char* into, size_t size) const;

 private:
  std::string name_;
  uint64_t size_ = 0;
  Descriptor in_;
};

}  // namespace mma
