#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/input_file.h"

namespace mma {

/// As much of an array as is read at once, where it is read piece by piece; what is no larger is
/// held in memory as a whole.
constexpr uint64_t kPiece = 1 << 20;

/// Where the bytes of a large array come from, piece by piece.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Bytes offset .. offset+size-1. What follows upon what was read last costs least.
  virtual void read(uint64_t offset, char* into, size_t size) = 0;
  /// Reads what is left where only the end tells whether all of it is sound. Throws UserError.
  virtual void check_rest() {}
  /// Whether read() may be called for any place, from any thread.
  virtual bool random_access() const { return false; }
};

/// The bytes of a file as they lie in it.
class FileBytes : public ByteSource {
 public:
  explicit FileBytes(std::shared_ptr<const InputFile> file) : file_(std::move(file)) {}
  void read(uint64_t offset, char* into, size_t size) override { file_->read(offset, into, size); }
  bool random_access() const override { return true; }

 private:
  std::shared_ptr<const InputFile> file_;
};

/// Asks for `size` bytes of memory for what cannot be read piece by piece; they are given back with
/// the last copy of the result. Throws UserError, "`why`: ..", where so much is not allowed. `why`
/// says what is held and why, or what to do.
using TakeMemory =
    std::function<std::shared_ptr<const void>(uint64_t size, const std::string& why)>;

}  // namespace mma
