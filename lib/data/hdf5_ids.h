#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace mma {

/// The ids in a data set [N] of an HDF5 file: texts of a fixed length, or whole
/// numbers. `data_set` empty: the only one at the top of the file. Throws UserError.
std::vector<std::string> read_hdf5_ids(const std::filesystem::path& file,
                                       const std::string& data_set);

}  // namespace mma
