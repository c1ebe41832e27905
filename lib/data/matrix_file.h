#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/feature_file.h"

namespace mma {

/// A feature file that holds a vector of each sample as its rows. Rows in C order that can be read
/// one at a time (.npy, HDF5, most pickles) stay in the file; others are held in memory.
class MatrixFile {
 public:
  /// UserError where the file is no matrix of this width, or needs more memory than `take` gives.
  MatrixFile(const std::filesystem::path& file, const std::string& data_set, int64_t dim,
             const TakeMemory& take);
  int64_t rows() const { return rows_; }
  /// One row, from any thread. NotFinite on NaN or Inf.
  std::vector<float> row(int64_t number) const { return array_row(array_, number, name_); }

 private:
  std::string name_, buffer_;
  Array array_;
  int64_t rows_ = 0;
};

}  // namespace mma
