#pragma once
#include <cstdint>
#include <string>

namespace mma {

/// How many bytes of token ids and vectors may be held in memory, of all splits that are read with
/// it together. What does not fit is read from the file as it is needed.
class RowBudget {
 public:
  /// Without a limit.
  RowBudget() = default;
  explicit RowBudget(uint64_t bytes) : left_(bytes) {}
  /// data.memory of a recipe: "512M", or "auto" for a quarter of the `free` bytes. See
  /// memory_fault.
  RowBudget(const std::string& setting, int64_t free);
  /// Takes so many, where there are as many left.
  bool take(uint64_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  uint64_t left_ = UINT64_MAX;
};

/// What is wrong with a setting of data.memory; "" where nothing is.
std::string memory_fault(const std::string& setting);

}  // namespace mma
