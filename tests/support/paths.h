#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace mma::test {

/// The folder of reference numbers: MMA_SHARED, or shared/ beside the source root. Skips the
/// running test, visibly, where it is not there.
std::filesystem::path shared(const std::string& part);
/// The folders with reference models, encoders and metrics: tests/reference, which every clone has,
/// and that of the shared folder where it is there.
std::vector<std::filesystem::path> reference_folders();
/// The root of this source tree.
std::filesystem::path source_root();
/// The folder of the built programs.
std::filesystem::path bin_dir();

/// An empty folder that is gone with the object.
struct ScratchDir {
  ScratchDir();
  ~ScratchDir();
  std::filesystem::path path;
  std::filesystem::path operator/(const std::string& part) const { return path / part; }
};

}  // namespace mma::test
