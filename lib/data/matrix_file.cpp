#include "data/matrix_file.h"

#include "base/error.h"

namespace mma {

MatrixFile::MatrixFile(const std::filesystem::path& file, const std::string& data_set, int64_t dim,
                       const TakeMemory& take)
    : name_(data_set.empty() ? file.string() : file.string() + ":" + data_set),
      array_(read_feature_file(file, buffer_, data_set, take)) {
  rows_ = frames_of(array_, dim, name_).frames;
  check_input(!frames_mixed(array_), "{}: expected a matrix, found an array [{}] in Fortran order",
              name_, fmt::join(array_.shape, ", "));
  // From here on the array is [rows, dim], without leading axes of length 1.
  array_.shape = {rows_, dim};
  if (array_.source && (array_.fortran_order || !array_.source->random_access()))
    array_ = in_memory(array_, take,
                       fmt::format("{}: a matrix that is compressed or in Fortran order is read as "
                                   "a whole (numpy.save in C order makes one that is not)",
                                   name_));
}

}  // namespace mma
