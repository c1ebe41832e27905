#include "data/h5.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace mma::h5 {
namespace {

constexpr size_t kMaxText = 1 << 16;           // HDF5's own limit of an attribute
constexpr uint64_t kMaxChunkBytes = 1u << 26;  // ours are far smaller
constexpr size_t kMaxAxes = 4;

std::string shape_text(const std::vector<int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

herr_t collect_error(unsigned, const H5E_error2_t* error, void* into) {
  auto& texts = *static_cast<std::vector<std::string>*>(into);
  if (error->desc && texts.size() < 64) texts.emplace_back(error->desc);
  return 0;
}

herr_t collect_name(hid_t, const char* name, const H5L_info_t*, void* into) {
  static_cast<std::vector<std::string>*>(into)->emplace_back(name);
  return 0;
}

std::string trimmed(const char* text, size_t size) {
  return std::string(text, ::strnlen(text, size));
}

}  // namespace

void initialise() {
  // Without this, HDF5 would try to flush a file again at exit whose disk was full.
  static const herr_t once = H5dont_atexit();
  (void)once;
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

std::string last_error() {
  std::vector<std::string> texts;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect_error, &texts);
  for (auto& text : texts) {
    constexpr const char* kSystem = "error message = '";
    if (auto at = text.find(kSystem); at != std::string::npos) {
      at += std::strlen(kSystem);
      return text.substr(at, text.find('\'', at) - at);
    }
  }
  return texts.empty() ? "unknown HDF5 error" : printable(texts.front());
}

Reader::Reader(const std::filesystem::path& file) : name_(file.string()) {
  initialise();
  std::error_code error;
  auto status = std::filesystem::status(file, error);
  check_input(std::filesystem::exists(status), "{}: no such file", name_);
  check_input(std::filesystem::is_regular_file(status), "{}: expected a file, found something else",
              name_);
  file_size_ = std::filesystem::file_size(file, error);
  check_input(!error, "{}: {}", name_, error.message());
  Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  // Network file systems of clusters often lack locks; a finished pack never changes.
  H5Pset_file_locking(access, false, true);
  file_ = Id(H5Fopen(name_.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  check_input(file_.valid(),
              "{}: expected an HDF5 file, found {} bytes that are none or damaged ({})", name_,
              file_size_, last_error());
}

void Reader::fail(const std::string& object, const std::string& message) const {
  throw UserError(object.empty() ? fmt::format("{}: {}", name_, message)
                                 : fmt::format("{}: /{}: {}", name_, printable(object), message));
}

bool Reader::has(const std::string& path) const {
  initialise();  // which is a matter of each thread
  Id at(H5Oopen(file_, "/", H5P_DEFAULT), H5Oclose);
  for (size_t start = 0; start < path.size() && at.valid();) {
    auto end = std::min(path.find('/', start), path.size());
    auto name = path.substr(start, end - start);
    if (H5Iget_type(at) != H5I_GROUP || H5Lexists(at, name.c_str(), H5P_DEFAULT) <= 0) return false;
    H5L_info_t link;
    if (H5Lget_info(at, name.c_str(), &link, H5P_DEFAULT) < 0) return false;
    if (link.type != H5L_TYPE_HARD)
      fail(path, "expected data, found a link, which a pack never holds");
    at = Id(H5Oopen(at, name.c_str(), H5P_DEFAULT), H5Oclose);
    start = end + 1;
  }
  return at.valid();
}

Id Reader::open(const std::string& path) const {
  if (!has(path)) fail(path, "missing; run mma-prep build again");
  Id object(H5Oopen(file_, ("/" + path).c_str(), H5P_DEFAULT), H5Oclose);
  if (!object.valid()) fail(path, last_error());
  return object;
}

Id Reader::open_dataset(const std::string& path) const {
  auto object = open(path);
  if (H5Iget_type(object) != H5I_DATASET) fail(path, "expected a data set, found something else");
  Id made(H5Dget_create_plist(object), H5Pclose);
  if (!made.valid()) fail(path, last_error());
  auto layout = H5Pget_layout(made);
  if (layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED && layout != H5D_COMPACT)
    fail(path, "expected plain storage, found a virtual data set");
  if (H5Pget_external_count(made) != 0) fail(path, "expected plain storage, found external files");
  if (H5Pget_nfilters(made) != 0) fail(path, "expected plain storage, found filters");
  if (layout == H5D_CHUNKED) {
    hsize_t chunk[kMaxAxes] = {1, 1, 1, 1};
    int axes = H5Pget_chunk(made, kMaxAxes, chunk);
    uint64_t bytes = 8;
    for (auto side : chunk)
      bytes =
          side > kMaxChunkBytes ? UINT64_MAX : std::min<uint64_t>(bytes * side, kMaxChunkBytes + 1);
    if (axes < 1 || axes > static_cast<int>(kMaxAxes) || bytes > kMaxChunkBytes)
      fail(path, "chunks of an impossible size");
  }
  return object;
}

std::vector<std::string> Reader::names(const std::string& group) const {
  auto object = open(group);
  if (H5Iget_type(object) != H5I_GROUP) fail(group, "expected a group, found a data set");
  std::vector<std::string> names;
  if (H5Literate(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_name, &names) < 0)
    fail(group, last_error());
  return names;
}

std::vector<int64_t> Reader::shape(const std::string& dataset) const {
  auto data = open_dataset(dataset);
  Id space(H5Dget_space(data), H5Sclose);
  int axes = space.valid() && H5Sget_simple_extent_type(space) == H5S_SIMPLE
                 ? H5Sget_simple_extent_ndims(space)
                 : -1;
  if (axes < 1 || axes > static_cast<int>(kMaxAxes))
    fail(dataset, fmt::format("expected 1 to {} axes, found {}", kMaxAxes, axes));
  hsize_t sides[kMaxAxes];
  H5Sget_simple_extent_dims(space, sides, nullptr);
  // Every number takes at least a byte of the file, so that larger sides are lies.
  uint64_t numbers = 1;
  for (int i = 0; i < axes; ++i) {
    if (sides[i] > file_size_ || (sides[i] != 0 && numbers > file_size_ / sides[i]))
      fail(dataset, fmt::format("says it holds more than the {} bytes of the file", file_size_));
    numbers *= sides[i];
  }
  return {sides, sides + axes};
}

size_t Reader::read_size(const std::string& dataset, const std::vector<int64_t>& expected,
                         hid_t type, const char* type_name) const {
  auto found = shape(dataset);
  if (found != expected)
    fail(dataset,
         fmt::format("expected the shape {}, found {}", shape_text(expected), shape_text(found)));
  auto data = open_dataset(dataset);
  Id stored(H5Dget_type(data), H5Tclose);
  if (!stored.valid() || H5Tequal(stored, type) <= 0)
    fail(dataset, fmt::format("expected numbers of type {}, found another", type_name));
  size_t numbers = 1;
  for (auto side : found) numbers *= static_cast<size_t>(side);
  auto bytes = numbers * H5Tget_size(stored);
  if (bytes > H5Dget_storage_size(data) || bytes > file_size_)
    fail(dataset, fmt::format("expected {} bytes, found fewer; the file is incomplete", bytes));
  return numbers;
}

void Reader::read_into(const std::string& dataset, hid_t type, void* values) const {
  auto data = open_dataset(dataset);
  if (H5Dread(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    fail(dataset, fmt::format("cannot be read ({})", last_error()));
}

std::vector<std::string> Reader::read_texts(const std::string& dataset, std::string& bytes) const {
  auto sides = shape(dataset);
  if (sides.size() != 1) fail(dataset, "expected one axis");
  auto data = open_dataset(dataset);
  Id type(H5Dget_type(data), H5Tclose);
  size_t size = type.valid() ? H5Tget_size(type) : 0;
  if (size == 0 || size > kMaxText || H5Tget_class(type) != H5T_STRING ||
      H5Tis_variable_str(type) != 0)
    fail(dataset, "expected texts of a fixed length");
  auto count = static_cast<size_t>(sides[0]);
  if (count > file_size_ / size || count * size > H5Dget_storage_size(data))
    fail(dataset, "holds fewer bytes than its shape says; the file is incomplete");
  bytes.assign(count * size, '\0');
  read_into(dataset, type, bytes.data());
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) texts.push_back(trimmed(bytes.data() + i * size, size));
  return texts;
}

Id Reader::open_attribute(const std::string& object, const std::string& attribute) const {
  auto owner = open(object);
  if (H5Aexists(owner, attribute.c_str()) <= 0)
    fail(object, fmt::format("attribute '{}' is missing; run mma-prep build again", attribute));
  Id found(H5Aopen(owner, attribute.c_str(), H5P_DEFAULT), H5Aclose);
  if (!found.valid()) fail(object, last_error());
  Id space(H5Aget_space(found), H5Sclose);
  if (!space.valid() || H5Sget_simple_extent_npoints(space) != 1)
    fail(object, fmt::format("attribute '{}': expected one value", attribute));
  return found;
}

std::string Reader::text(const std::string& object, const std::string& attribute) const {
  auto found = open_attribute(object, attribute);
  Id type(H5Aget_type(found), H5Tclose);
  size_t size = type.valid() ? H5Tget_size(type) : 0;
  if (size == 0 || size > kMaxText || H5Tget_class(type) != H5T_STRING ||
      H5Tis_variable_str(type) != 0)
    fail(object, fmt::format("attribute '{}': expected a text", attribute));
  std::string bytes(size, '\0');
  if (H5Aread(found, type, bytes.data()) < 0) fail(object, last_error());
  return trimmed(bytes.data(), size);
}

int64_t Reader::number(const std::string& object, const std::string& attribute) const {
  auto found = open_attribute(object, attribute);
  Id type(H5Aget_type(found), H5Tclose);
  if (!type.valid() || H5Tget_class(type) != H5T_INTEGER)
    fail(object, fmt::format("attribute '{}': expected a whole number", attribute));
  int64_t value = 0;
  if (H5Aread(found, H5T_NATIVE_INT64, &value) < 0) fail(object, last_error());
  return value;
}

}  // namespace mma::h5
