#pragma once
#include <cstdint>
#include <string_view>

#include "base/pickle.h"

namespace mma {

/// A pickle's bytes, taken one piece after the other. Places are those in the file, of which the
/// gap is not in memory: `bytes` is what stands before and after it.
class PickleInput {
 public:
  /// What is wrong with the bytes.
  struct Fault {
    const char* found;
  };

  PickleInput(std::string_view bytes, PickleGap gap) : bytes_(bytes), gap_(gap) {}
  uint64_t at() const { return behind_gap_ ? at_ + gap_.size : at_; }
  uint64_t size() const { return bytes_.size() + gap_.size; }

  /// The next `size` bytes.
  std::string_view take(uint64_t size) {
    if (size > this->size() - at()) throw Fault{"a truncated value"};
    if (before_gap() && size > gap_.begin - at_) throw touched();
    auto piece = bytes_.substr(at_, size);
    at_ += size;
    return piece;
  }
  /// Whether the next `size` bytes are the gap and what stands on both sides of it.
  bool spans_gap(uint64_t size) const {
    return before_gap() && size <= this->size() - at() && size >= gap_.begin - at_ + gap_.size;
  }
  void skip_gap(uint64_t size) {
    at_ += size - gap_.size;
    behind_gap_ = true;
  }
  /// A little-endian number of up to 8 bytes.
  uint64_t number(size_t size) {
    uint64_t value = 0;
    auto bytes = take(size);
    for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  }
  /// The bytes before the next line feed, which is taken, too.
  std::string_view line() {
    auto end = bytes_.find('\n', at_);
    if (before_gap() && (end == std::string_view::npos || end >= gap_.begin)) throw touched();
    if (end == std::string_view::npos) throw Fault{"a truncated line"};
    auto text = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return text;
  }

 private:
  bool before_gap() const { return gap_.size > 0 && !behind_gap_; }
  static PickleGapTouched touched() {
    return PickleGapTouched("a pickle that must be in memory as a whole");
  }

  const std::string_view bytes_;
  const PickleGap gap_;
  uint64_t at_ = 0;  // within bytes_
  bool behind_gap_ = false;
};

}  // namespace mma
