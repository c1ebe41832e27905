#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "run/appended_file.h"

namespace mma {

/// A file of events as TensorBoard reads it: records of TensorFlow's TFRecord format (length and
/// data, each with its masked CRC-32C) that hold the protocol buffers Event and Summary
/// (tensorboard/compat/proto/{event,summary}.proto). Written by hand: the few fields that are
/// needed take less than a second protobuf library beside LibTorch's own.
class EventLog {
 public:
  /// As AppendedFile; a new file begins with its version.
  EventLog(const std::filesystem::path& file, int64_t bytes);
  /// One point of a curve; NaN is left out.
  void scalar(int64_t step, std::string_view tag, double value);
  /// Markdown, shown under TEXT.
  void text(int64_t step, std::string_view tag, std::string_view markdown);
  /// How numbers between `low` and `high` are distributed, in equal bins; those that are not finite
  /// are left out.
  void histogram(int64_t step, std::string_view tag, const std::vector<double>& values, double low,
                 double high);
  void flush() { file_.flush(); }
  int64_t bytes() const { return file_.bytes(); }

 private:
  void event(int64_t step, std::string_view value);
  AppendedFile file_;
};

/// CRC-32C (Castagnoli), as RFC 3720 has it.
uint32_t crc32c(std::string_view bytes);

}  // namespace mma
