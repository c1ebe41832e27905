#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/files.h"

namespace mma {

/// metrics.jsonl: one JSON object a line, each step once. A line that cannot be written (disk full)
/// waits in memory for the next try, so that training goes on.
class MetricsLog {
 public:
  /// Opens the file and cuts it to `bytes`: lines after a checkpoint were written by steps that
  /// will be done again. MachineError where it cannot be written at all, UserError where something
  /// other than a file has the name.
  MetricsLog(const std::filesystem::path& file, int64_t bytes);
  void add(const std::string& line);
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
