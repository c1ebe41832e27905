#include "data/hdf5_ids.h"

#include <cstring>
#include <deque>
#include <limits>

#include "base/error.h"
#include "data/feature_file.h"
#include "data/hdf5_data_set.h"
#include "data/pack_layout.h"

namespace mma {
namespace {

constexpr int64_t kMostIds = int64_t{1} << 27;

// Memory for texts of variable length, whose lengths are what the file says. Ids differ, so that
// each has bytes of the file for itself: more than all of them is a lie.
struct TextMemory {
  explicit TextMemory(uint64_t most) : left(most) {}
  static void* take(size_t size, void* self) {
    auto& memory = *static_cast<TextMemory*>(self);
    if (size > layout::kMaxNameBytes + 1 || size > memory.left) {
      memory.refused = true;
      return nullptr;
    }
    memory.left -= size;
    try {
      return memory.texts.emplace_back(size, '\0').data();
    } catch (const std::bad_alloc&) {  // no exception may pass through HDF5
      return nullptr;
    }
  }
  static void keep(void*, void*) {}
  uint64_t left;
  bool refused = false;
  std::deque<std::string> texts;
};

void read_all(const DataSet& set, hid_t type, hid_t plan, void* into) {
  if (H5Dread(set.id, type, H5S_ALL, H5S_ALL, plan, into) < 0)
    set.fail(fmt::format("cannot be read ({})", h5::last_error()));
}

template <class Number>
std::vector<std::string> numbers(const DataSet& set, size_t count, hid_t type) {
  std::vector<Number> values(count);
  read_all(set, type, H5P_DEFAULT, values.data());
  std::vector<std::string> ids;
  for (auto value : values) ids.push_back(std::to_string(value));
  return ids;
}

std::vector<std::string> fixed_texts(const DataSet& set, size_t count) {
  const size_t size = H5Tget_size(set.type);
  if (size > layout::kMaxNameBytes + 1)
    set.fail(fmt::format("ids of {} bytes, expected at most {}", size, layout::kMaxNameBytes));
  std::string bytes(count * size, '\0');
  read_all(set, set.type, H5P_DEFAULT, bytes.data());
  const bool spaces = H5Tget_strpad(set.type) == H5T_STR_SPACEPAD;
  std::vector<std::string> ids;
  for (size_t i = 0; i < count; ++i) {
    auto* text = bytes.data() + i * size;
    auto& id = ids.emplace_back(text, ::strnlen(text, size));
    if (spaces) id.erase(id.find_last_not_of(' ') + 1);
  }
  return ids;
}

std::vector<std::string> variable_texts(const DataSet& set, size_t count) {
  TextMemory memory(set.file.size());
  h5::Id plan(H5Pcreate(H5P_DATASET_XFER), H5Pclose);
  H5Pset_vlen_mem_manager(plan, TextMemory::take, &memory, TextMemory::keep, nullptr);
  h5::Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5Tget_cset(set.type));
  std::vector<char*> texts(count, nullptr);
  bool read = H5Dread(set.id, type, H5S_ALL, H5S_ALL, plan, texts.data()) >= 0;
  if (memory.refused)
    set.fail(
        fmt::format("ids beyond {} bytes, or beyond those of the file", layout::kMaxNameBytes));
  if (!read) set.fail(fmt::format("cannot be read ({})", h5::last_error()));
  std::vector<std::string> ids;
  for (auto* text : texts) ids.emplace_back(text ? text : "");
  return ids;
}

// How many ids there are, where the file's size allows so many.
size_t count_of(const DataSet& set, bool variable) {
  auto shape = set.file.shape(set.id, set.path);
  while (shape.size() > 1 && shape.back() == 1) shape.pop_back();
  if (shape.size() != 1 || shape[0] > kMostIds)
    set.fail(fmt::format("expected ids [N], N at most {}, found [{}]", kMostIds,
                         fmt::join(shape, ", ")));
  const auto count = static_cast<uint64_t>(shape[0]);
  auto storage = set.file.storage(set.id, set.path);
  // What stands in the file for a text of variable length is at least as long as a pointer.
  uint64_t size = count * H5Tget_size(set.type);
  if (variable && storage.layout != H5D_CHUNKED && storage.bytes >= size) size = storage.bytes;
  set.file.check_size(storage, size, set.path);
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
  const auto count = count_of(set, variable);
  if (variable) return variable_texts(set, count);
  if (kind == H5T_STRING) return fixed_texts(set, count);
  if (H5Tget_sign(set.type) == H5T_SGN_NONE)
    return numbers<uint64_t>(set, count, H5T_NATIVE_UINT64);
  return numbers<int64_t>(set, count, H5T_NATIVE_INT64);
}

}  // namespace mma
