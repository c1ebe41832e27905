#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace mma {

/// A numeric array as a feature file holds it: any numeric dtype, byte order and memory order.
/// `bytes` points into memory that `owner` keeps (or into the caller's buffer).
struct Array {
  char kind = 'f';        ///< numpy's kind: f float, i signed, u unsigned, b bool
  int64_t item_size = 4;  ///< bytes of one number
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<int64_t> shape;
  std::string_view bytes;  ///< exactly product(shape) * item_size
  std::shared_ptr<const void> owner;
};

/// An HDF5 file without the data set that was asked for: a sample may be absent by that.
struct NoSuchDataSet : UserError {
  using UserError::UserError;
};

/// Reads .npy, .npz (one array), .p/.pkl/.pickle (a pickled numpy array), .h5/.hdf5 (`data_set`
/// names the data set) by content, not by name. `buffer` is memory used again from file to file.
/// Executes nothing. Throws UserError: file, what was expected, what was found.
Array read_feature_file(const std::filesystem::path& file, std::string& buffer,
                        const std::string& data_set = "");

/// The array as [T, dim]: all axes but the last count frames, a vector is one frame. UserError
/// where the last axis is not `dim` long or there are no frames.
struct FrameShape {
  int64_t frames = 0, dim = 0;
};
FrameShape frames_of(const Array& array, int64_t dim, const std::string& name);

/// How a sequence becomes a fixed number of vectors.
class Pooling {
 public:
  virtual ~Pooling() = default;
  virtual int64_t segments() const = 0;
  /// [T, dim] -> segments() * dim numbers, sums in double precision. UserError on NaN or Inf, with
  /// the first place. `name` is the file, for messages.
  virtual std::vector<float> pool(const Array& array, FrameShape shape,
                                  const std::string& name) const = 0;
};
/// "mean": the mean over all frames. "segments: K": K means over K consecutive parts whose lengths
/// differ by at most one; a sequence shorter than K repeats frames.
std::unique_ptr<Pooling> make_pooling(int64_t segments);

/// A matrix with an id index: row number by id.
struct MatrixRow {
  std::string id;
  int64_t row;
};
/// Reads a pickled dict id -> row (or list of ids), or a .json of the same, or a text file of one
/// id a line.
std::vector<MatrixRow> read_matrix_index(const std::filesystem::path& file);
/// One row of a 2-D array as floats. UserError on NaN or Inf.
std::vector<float> array_row(const Array& array, int64_t row, const std::string& name);

}  // namespace mma
