#pragma once
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "data/half.h"
#include "data/stored_numbers.h"

namespace mma {

/// Numbers of a data set that lie one after the other in its file: those from `first` on, at byte
/// `place`.
struct Extent {
  int64_t first = 0, count = 0;
  uint64_t place = 0;
};

/// A pack's file, of which rows are read while others are computed with. From any thread.
class RowFile {
 public:
  /// `file`: open for reading; its name is for messages.
  RowFile(std::string name, Descriptor file);
  uint64_t size() const { return size_; }
  /// Writes the numbers of the spans, of `number_bytes` each as they lie in the file, one after the
  /// other. Reads them in the order of the file, neighbours at once. MachineError where reading
  /// fails, or the file is no longer what it was when it was opened: cut short or written to. (A
  /// new file of the same name is another one: the old one is read to its end.)
  void gather(const std::vector<Extent>& extents, const std::vector<Span>& spans,
              size_t number_bytes, char* into) const;

 private:
  struct Piece {
    uint64_t place, bytes;
    char* into;
  };
  std::vector<Piece> pieces_of(const std::vector<Extent>& extents, const std::vector<Span>& spans,
                               size_t number_bytes, char* into) const;
  void check_unchanged() const;
  void read(uint64_t place, char* into, uint64_t bytes) const;

  std::string name_;
  Descriptor file_;
  uint64_t size_ = 0;
  timespec written_{};
};

/// Numbers that are read from a pack's file as they are asked for; in the file as in memory.
template <class T>
class FileNumbers : public NumberSource<T> {
 public:
  /// `extents` in order and without gaps; where there are none, nothing may be asked for.
  FileNumbers(std::shared_ptr<const RowFile> file, std::vector<Extent> extents)
      : file_(std::move(file)), extents_(std::move(extents)) {}
  void gather(const std::vector<Span>& spans, T* into) const override {
    file_->gather(extents_, spans, sizeof(T), reinterpret_cast<char*>(into));
  }

 private:
  std::shared_ptr<const RowFile> file_;
  std::vector<Extent> extents_;
};

/// The same of numbers that are halves in the file.
class HalfNumbers : public NumberSource<float> {
 public:
  HalfNumbers(std::shared_ptr<const RowFile> file, std::vector<Extent> extents)
      : halves_(std::move(file), std::move(extents)) {}
  void gather(const std::vector<Span>& spans, float* into) const override;

 private:
  FileNumbers<Half> halves_;
};

}  // namespace mma
