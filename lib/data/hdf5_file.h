#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "data/feature_file.h"

namespace mma {

/// Whether a file that begins with these bytes is an HDF5 file.
bool is_hdf5(std::string_view head);

/// Reads one data set of numbers, or the only one at the top of the file where `data_set` is empty.
/// A large one is read as it is used: where it is chunked, as many chunks at once as hold a row,
/// for which `take` gives memory. Throws UserError, and NoSuchDataSet.
Array read_hdf5_array(const std::filesystem::path& file, const std::string& data_set,
                      const TakeMemory& take);

}  // namespace mma
