#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace mma {

/// A regular file that is open for reading at any place, from any thread.
class InputFile {
 public:
  /// Throws UserError where there is none or something else has the name, MachineError where it
  /// cannot be opened otherwise.
  explicit InputFile(const std::filesystem::path& file);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  const std::string& name() const { return name_; }
  /// As it was when the file was opened.
  uint64_t size() const { return size_; }
  /// Bytes offset .. offset+size-1. UserError where the file ends before, MachineError where
  /// reading fails.
  void read(uint64_t offset, char* into, size_t size) const;

 private:
  std::string name_;
  int fd_;
  uint64_t size_ = 0;
};

}  // namespace mma
