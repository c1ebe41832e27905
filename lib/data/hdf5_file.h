#pragma once
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include "data/feature_file.h"

namespace mma {

/// The HDF5 library is not made for several threads: whoever calls it holds this lock.
std::unique_lock<std::recursive_mutex> hdf5_lock();

/// Whether a file that begins with these bytes is an HDF5 file.
bool is_hdf5(std::string_view head);

/// Reads one data set of numbers, or the only one at the top of the file where `data_set` is empty.
/// The array's bytes belong to its owner. Nothing outside of the file is opened and no filter
/// plugin loaded: links other than hard ones, external storage, virtual data sets and foreign
/// filters are refused, and so is a data set whose size the file cannot hold. Throws UserError.
Array read_hdf5_array(const std::filesystem::path& file, const std::string& data_set);

}  // namespace mma
