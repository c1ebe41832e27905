#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/streamed_file.h"
#include "data/stored_numbers.h"

namespace mma {

/// What a file of precomputed rows holds.
struct PrecomputedLayout {
  int64_t rows = 0, width = 0;
  std::string dtype;     ///< as safetensors spell it
  int64_t number_bytes;  ///< of that dtype
  std::string made_of;   ///< all that the numbers depend on, in words and hashes
  uint64_t bytes() const { return static_cast<uint64_t>(rows * width * number_bytes); }
};

/// Rows that cost much to compute, kept in a safetensors file: "rows" [R, D], and "sha256", their
/// hash in 64 characters. Written as they come; gone without commit().
class PrecomputedFile {
 public:
  PrecomputedFile(const std::filesystem::path& file, const PrecomputedLayout& layout);
  void add(std::string_view rows);
  void commit();

 private:
  StreamedFile file_;
  Sha256 hash_;
};

/// The bytes of such a file's rows, once all have been read and have their hash. `into`: where they
/// are put, or null where they are only looked at. Null, with a warning, where the file holds
/// something else or is damaged. Stops between pieces where a signal asks: Stopped. MachineError
/// where reading fails.
std::shared_ptr<const NumberSource<uint8_t>> open_precomputed(const std::filesystem::path& file,
                                                              const PrecomputedLayout& layout,
                                                              void* into);

}  // namespace mma
