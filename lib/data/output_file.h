#pragma once
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <vector>

namespace mma {

/// The place that a pack is written to, checked before any work is done.
class OutputFile {
 public:
  /// UserError where no file can be made there, or where something is there that is not a pack of
  /// ours: a file of the user's, a folder, a device. `inputs`: files that will be read, whatever
  /// their names, to say so.
  OutputFile(std::filesystem::path file, const std::vector<std::filesystem::path>& inputs);
  /// The folder that it lies in.
  std::filesystem::path folder() const;
  /// Whether writing it would replace this file, by whatever name either has.
  bool replaces(const struct stat& file) const;

 private:
  std::filesystem::path file_;
  std::optional<struct stat> before_;  ///< what is there now
};

}  // namespace mma
