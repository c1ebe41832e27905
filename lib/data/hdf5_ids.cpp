#include "data/hdf5_ids.h"

#include <cstring>

#include "base/error.h"
#include "data/feature_file.h"
#include "data/hdf5_data_set.h"
#include "data/pack_layout.h"

namespace mma {
namespace {

constexpr int64_t kMostIds = int64_t{1} << 27;

void read_all(const DataSet& set, hid_t type, void* into) {
  if (H5Dread(set.id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, into) < 0)
    set.fail(fmt::format("cannot be read ({})", h5::last_error()));
}

template <class Number>
std::vector<std::string> numbers(const DataSet& set, size_t count, hid_t type) {
  std::vector<Number> values(count);
  read_all(set, type, values.data());
  std::vector<std::string> ids;
  for (auto value : values) ids.push_back(std::to_string(value));
  return ids;
}

std::vector<std::string> fixed_texts(const DataSet& set, size_t count) {
  const size_t size = H5Tget_size(set.type);
  if (size > layout::kMaxNameBytes + 1)
    set.fail(fmt::format("ids of {} bytes, expected at most {}", size, layout::kMaxNameBytes));
  std::string bytes(count * size, '\0');
  read_all(set, set.type, bytes.data());
  const bool spaces = H5Tget_strpad(set.type) == H5T_STR_SPACEPAD;
  std::vector<std::string> ids;
  for (size_t i = 0; i < count; ++i) {
    auto* text = bytes.data() + i * size;
    auto& id = ids.emplace_back(text, ::strnlen(text, size));
    if (spaces) id.erase(id.find_last_not_of(' ') + 1);
  }
  return ids;
}

// How many ids there are, where the file's size allows so many.
size_t count_of(const DataSet& set) {
  auto shape = set.file.shape(set.id, set.path);
  while (shape.size() > 1 && shape.back() == 1) shape.pop_back();
  if (shape.size() != 1 || shape[0] > kMostIds)
    set.fail(fmt::format("expected ids [N], N at most {}, found [{}]", kMostIds,
                         fmt::join(shape, ", ")));
  const auto count = static_cast<uint64_t>(shape[0]);
  auto storage = set.file.storage(set.id, set.path);
  set.file.check_size(storage, count * H5Tget_size(set.type), set.path);
  return count;
}

// Ids that are not there are a fault, whatever a missing data set of features may be.
DataSet open_ids(const std::filesystem::path& file, const std::string& data_set) {
  try {
    return open_data_set(file, data_set);
  } catch (const NoSuchDataSet& e) {
    throw UserError(e.what());
  }
}

}  // namespace

std::vector<std::string> read_hdf5_ids(const std::filesystem::path& file,
                                       const std::string& data_set) {
  auto lock = hdf5_lock();
  auto set = open_ids(file, data_set);
  const auto kind = H5Tget_class(set.type);
  const bool variable = kind == H5T_STRING && H5Tis_variable_str(set.type) > 0;
  if (kind != H5T_STRING && kind != H5T_INTEGER)
    set.fail("expected ids as texts or whole numbers, found another type");
  // HDF5 1.14 never comes back from a heap of such texts that is damaged.
  if (variable)
    set.fail(
        "ids of variable length are not read, since HDF5 may hang on a damaged file; write them "
        "with a fixed length (in h5py: numpy.char.encode(ids, 'utf-8'))");
  const auto count = count_of(set);
  if (kind == H5T_STRING) return fixed_texts(set, count);
  if (H5Tget_sign(set.type) == H5T_SGN_NONE)
    return numbers<uint64_t>(set, count, H5T_NATIVE_UINT64);
  return numbers<int64_t>(set, count, H5T_NATIVE_INT64);
}

}  // namespace mma
