#include "data/hdf5_data_set.h"

#include "base/error.h"
#include "data/feature_file.h"

namespace mma {
namespace {

bool is_data_set(const h5::Id& object) {
  return object.valid() && H5Iget_type(object) == H5I_DATASET;
}

// The name of the only data set at the top of the file, links apart.
std::string only_data_set(const h5::File& file) {
  auto root = file.find("");
  std::string found;
  for (auto& name : file.names(root, "")) {
    H5L_info2_t link;
    if (H5Lget_info2(root, name.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD ||
        !is_data_set(file.find(name)))
      continue;
    if (!found.empty())
      file.fail("", fmt::format("several data sets ('{}', '{}'): name the one that is meant",
                                printable(found), printable(name)));
    found = name;
  }
  if (found.empty())
    file.fail("", "no data set at the top of the file: name the one that is meant");
  return found;
}

}  // namespace

DataSet open_data_set(const std::filesystem::path& file, const std::string& path) {
  DataSet set{h5::File(file), path, {}, {}};
  if (path.empty()) set.path = only_data_set(set.file);
  set.id = set.file.find(set.path);
  if (!set.id.valid())
    throw NoSuchDataSet(
        fmt::format("{}: data set '{}': no such data set", set.file.name(), printable(set.path)));
  if (!is_data_set(set.id)) set.fail("expected a data set, found something else");
  set.type = h5::Id(H5Dget_type(set.id), H5Tclose);
  if (!set.type.valid()) set.fail(h5::last_error());
  return set;
}

}  // namespace mma
