#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/prep.h"
#include "support/paths.h"

namespace mma::test {

/// A raw data set in the making, for tests of prep: files under one folder.
class RawData {
 public:
  /// Writes a file, making its folders.
  void write(const std::string& file, const std::string& bytes) const;
  /// A .npy of float32 in C order.
  void write_npy(const std::string& file, const std::vector<int64_t>& shape,
                 const std::vector<float>& values) const;
  /// A WordPiece vocabulary for the tokenizer; gives its path.
  std::filesystem::path write_vocabulary() const;
  std::filesystem::path operator/(const std::string& part) const { return dir_ / part; }
  const std::filesystem::path& path() const { return dir_.path; }
  /// `text` without the folder's name.
  std::string without_folder(std::string text) const;

 private:
  ScratchDir dir_;
};

/// How its data.yaml is built into x.h5 in its folder, with the vocabulary for a tokenizer.
PrepOptions prep_options(const RawData& raw);

/// A sound data set of 3 train, 1 dev and 1 test samples with a file modality "video" (dim 2), a
/// matrix modality "meta" (dim 3) and labels drama and war; its description is data.yaml.
void write_example(const RawData& raw);

}  // namespace mma::test
