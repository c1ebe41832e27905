#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace mma {

/// Longer lines and table rows than this are refused.
constexpr size_t kMaxLine = size_t{16} << 20;

/// Reads a text file byte by byte or line by line through a small buffer; a byte order mark at its
/// beginning is left out.
class LineReader {
 public:
  /// Throws UserError where there is no such file.
  explicit LineReader(const std::filesystem::path& file);
  /// The next line without its line feed; false at the end. Throws UserError on a line of more than
  /// 16 MiB, MachineError where reading fails.
  bool next(std::string& line);
  /// The next byte, or -1 at the end.
  int get() {
    if (at_ == filled_ && !refill()) return -1;
    int c = static_cast<unsigned char>(buffer_[at_++]);
    if (c == '\n') ++line_;
    return c;
  }
  /// The byte that get() would give.
  int peek() {
    if (at_ == filled_ && !refill()) return -1;
    return static_cast<unsigned char>(buffer_[at_]);
  }
  /// The number, from 1 on, of the line that the next byte belongs to.
  int64_t line_number() const { return line_; }
  const std::string& name() const { return name_; }

 private:
  bool refill();
  std::string name_, buffer_;
  std::ifstream in_;
  size_t at_ = 0, filled_ = 0;
  int64_t line_ = 1;
};

}  // namespace mma
