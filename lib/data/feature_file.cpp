#include "data/feature_file.h"

#include "base/error.h"
#include "base/files.h"
#include "base/zip.h"
#include "data/hdf5_file.h"
#include "data/npy.h"
#include "data/numpy_pickle.h"

namespace mma {
namespace {

constexpr size_t kHead = 520;  // as far as the latest place of HDF5's signature
// More would not be a sample's features but a bomb.
constexpr uint64_t kMaxUnpacked = uint64_t{1} << 36;

// The one array of a .npz, or the one that `wanted` names, with or without ".npy".
Array read_npz(const std::filesystem::path& file, const std::string& wanted) {
  ZipArchive zip(file);
  auto name = file.string();
  std::string entry = wanted;
  if (wanted.empty()) {
    std::vector<std::string> names;
    for (auto& e : zip.entries()) names.push_back(printable(e.name));
    check_input(
        names.size() == 1, "{}: expected an archive of one array, found {}: {}", name, names.size(),
        fmt::join(names.begin(),
                  names.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(names.size(), 5)),
                  ", "));
    entry = zip.entries()[0].name;
  } else if (!zip.find(entry)) {
    entry += ".npy";
  }
  auto bytes = std::make_shared<std::string>(zip.read(entry, kMaxUnpacked));
  Array array = read_npy(*bytes, fmt::format("{}: {}", name, printable(entry)));
  array.owner = std::move(bytes);
  return array;
}

}  // namespace

Array read_feature_file(const std::filesystem::path& file, std::string& buffer,
                        const std::string& data_set) {
  auto head = read_head(file, kHead);
  if (is_hdf5(head)) return read_hdf5_array(file, data_set);
  if (head.starts_with("PK\x03\x04")) return read_npz(file, data_set);
  auto name = file.string();
  check_input(data_set.empty(),
              "{}: expected an HDF5 or .npz file with the array '{}', found another kind", name,
              printable(data_set));
  check_input(!head.empty(), "{}: the file is empty", name);
  read_file(file, buffer);
  return is_npy(buffer) ? read_npy(buffer, name) : read_numpy_pickle(buffer, name);
}

}  // namespace mma
