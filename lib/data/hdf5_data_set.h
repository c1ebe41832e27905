#pragma once
#include <filesystem>
#include <string>

#include "data/h5.h"

namespace mma {

/// A data set of a file of which nothing is believed; whoever has one holds hdf5_lock() until its
/// end.
struct DataSet {
  h5::File file;
  std::string path;
  h5::Id id, type;
  [[noreturn]] void fail(const std::string& message) const { file.fail(path, message); }
};

/// Opens the data set of that path, or the only one at the top of the file where it is empty.
/// Throws UserError, and NoSuchDataSet (data/feature_file.h).
DataSet open_data_set(const std::filesystem::path& file, const std::string& path);

}  // namespace mma
