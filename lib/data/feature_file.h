#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/byte_source.h"

namespace mma {

/// A numeric array as a feature file holds it: any numeric dtype, byte order and memory order. Its
/// product(shape) * item_size bytes are either in memory, which `owner` keeps (or the caller's
/// buffer), or read from a source piece by piece.
struct Array {
  char kind = 'f';        ///< numpy's kind: f float, i signed, u unsigned, b bool
  int64_t item_size = 4;  ///< bytes of one number
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<int64_t> shape;
  std::string_view bytes;  ///< all of them, where there is no source
  std::shared_ptr<const void> owner;
  std::shared_ptr<ByteSource> source;
  uint64_t source_begin = 0, source_size = 0;  ///< which of the source's bytes

  uint64_t size() const { return source ? source_size : bytes.size(); }
  /// The same array of other bytes: `size` of these, from `begin` on.
  Array with_part(uint64_t begin, uint64_t size) const;
};

/// An HDF5 file without the data set that was asked for: a sample may be absent by that.
struct NoSuchDataSet : UserError {
  using UserError::UserError;
};

/// Numbers that are NaN, infinite or beyond float32.
struct NotFinite : UserError {
  using UserError::UserError;
};

/// Reads .npy, .npz (one array), .p/.pkl/.pickle (a pickled numpy array), .h5/.hdf5 (`data_set`
/// names the data set) by content, not by name. `buffer` is memory used again from file to file.
/// A large array stays in its file and is read as it is used, but for two that need memory for all
/// of them, which `take` gives: pickles that hold the numbers as text, and several axes of frames
/// in Fortran order. A compressed HDF5 data set needs as much as its chunks do.
/// Executes nothing. Throws UserError: file, what was expected, what was found.
Array read_feature_file(const std::filesystem::path& file, std::string& buffer,
                        const std::string& data_set, const TakeMemory& take);
/// An array of a source, read into memory.
Array in_memory(const Array& array, const TakeMemory& take, const std::string& why);
/// Reads what was not read of an array's source where only its end tells whether all is sound.
void check_rest(const Array& array);

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
  /// [T, dim] -> segments() * dim numbers, sums in double precision. NotFinite on NaN or Inf, with
  /// the first place. `name` is the file, for messages. Throws what reading the array throws, and
  /// Stopped while it reads a large one.
  virtual std::vector<float> pool(const Array& array, FrameShape shape,
                                  const std::string& name) const = 0;
};
/// "mean": the mean over all frames. "segments: K": K means over K consecutive parts whose lengths
/// differ by at most one; a sequence shorter than K repeats frames.
std::unique_ptr<Pooling> make_pooling(int64_t segments);
/// Whether frames stand in another order than [T, dim] or [dim, T] says: Fortran order of several
/// axes of frames. Only an array in memory can be pooled then.
bool frames_mixed(const Array& array);

/// A matrix with an id index: row number by id.
struct MatrixRow {
  std::string id;
  int64_t row;
};
/// Reads a pickled dict id -> row (or list of ids), or a .json of the same, or a text file of one
/// id a line, or a data set of ids in an HDF5 file (`data_set`; empty: the only one).
std::vector<MatrixRow> read_matrix_index(const std::filesystem::path& file,
                                         const std::string& data_set = "");
/// One row of a 2-D array as floats. NotFinite on NaN or Inf.
std::vector<float> array_row(const Array& array, int64_t row, const std::string& name);

}  // namespace mma
