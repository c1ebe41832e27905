#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/feature_file.h"

namespace mma {

/// A feature file that holds a vector of each sample as its rows. Rows of a .npy file in C order
/// are read one at a time; other kinds are held in memory.
class MatrixFile {
 public:
  /// UserError where the file is no matrix of this width.
  MatrixFile(const std::filesystem::path& file, const std::string& data_set, int64_t dim);
  ~MatrixFile();
  int64_t rows() const { return rows_; }
  /// One row, from any thread. UserError on NaN or Inf.
  std::vector<float> row(int64_t number) const;

 private:
  void open_rows(const std::filesystem::path& file);
  std::string name_, buffer_;
  Array array_;  ///< where `fd_` is set, the type and the shape only
  int64_t rows_ = 0, dim_;
  int fd_ = -1;
  int64_t first_byte_ = 0;
};

}  // namespace mma
