#include "data/pack_file.h"

#include <cstring>

#include "base/error.h"

namespace mma::h5 {
namespace {

constexpr size_t kMaxText = 1 << 16;  // HDF5's own limit of an attribute
constexpr size_t kMaxAxes = 4;

std::string shape_text(const std::vector<int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::string trimmed(const char* text, size_t size) {
  return std::string(text, ::strnlen(text, size));
}

// The length of a text type that a pack may hold; 0 for others.
size_t text_size(hid_t type) {
  bool text = type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0;
  size_t size = text ? H5Tget_size(type) : 0;
  return size > kMaxText ? 0 : size;
}

}  // namespace

hid_t half_type() {
  static const hid_t type = [] {
    const hid_t made = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(made, 15, 10, 5, 0, 10);
    H5Tset_size(made, 2);
    H5Tset_ebias(made, 15);
    return made;
  }();
  return type;
}

bool Reader::has_type(const std::string& dataset, hid_t type) const {
  Id stored(H5Dget_type(open_dataset(dataset)), H5Tclose);
  return stored.valid() && H5Tequal(stored, type) > 0;
}

Id Reader::open(const std::string& path) const {
  auto object = file_.find(path);
  if (!object.valid()) fail(path, "missing; run mma-prep build again");
  return object;
}

Id Reader::open_dataset(const std::string& path) const {
  auto object = open(path);
  if (H5Iget_type(object) != H5I_DATASET) fail(path, "expected a data set, found something else");
  return object;
}

std::vector<int64_t> Reader::shape(const std::string& dataset) const {
  auto sides = file_.shape(open_dataset(dataset), dataset);
  if (sides.empty() || sides.size() > kMaxAxes)
    fail(dataset, fmt::format("expected 1 to {} axes, found {}", kMaxAxes, sides.size()));
  // Every number takes at least a byte of the file, so that larger sides are lies.
  uint64_t numbers = 1;
  for (auto side : sides) {
    auto length = static_cast<uint64_t>(side);
    if (length > file_.size() || (length != 0 && numbers > file_.size() / length))
      fail(dataset, fmt::format("says it holds more than the {} bytes of the file", file_.size()));
    numbers *= length;
  }
  return sides;
}

size_t Reader::read_size(const std::string& dataset, const std::vector<int64_t>& expected,
                         hid_t type, const char* type_name) const {
  auto found = shape(dataset);
  if (found != expected)
    fail(dataset,
         fmt::format("expected the shape {}, found {}", shape_text(expected), shape_text(found)));
  Id stored(H5Dget_type(open_dataset(dataset)), H5Tclose);
  if (!stored.valid() || H5Tequal(stored, type) <= 0)
    fail(dataset, fmt::format("expected numbers of type {}, found another", type_name));
  size_t numbers = 1;
  for (auto side : found) numbers *= static_cast<size_t>(side);
  check_plain(dataset, numbers * H5Tget_size(stored));
  return numbers;
}

void Reader::check_plain(const std::string& dataset, uint64_t size) const {
  auto storage = file_.storage(open_dataset(dataset), dataset);
  if (storage.compressed) fail(dataset, "expected plain storage, found filters");
  file_.check_size(storage, size, dataset);
  if (size > storage.bytes)
    fail(dataset, fmt::format("expected {} bytes, found fewer; the file is incomplete", size));
}

void Reader::read_into(const std::string& dataset, hid_t type, void* values) const {
  auto data = open_dataset(dataset);
  if (H5Dread(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    fail(dataset, fmt::format("cannot be read ({})", last_error()));
}

std::vector<Extent> Reader::extents(const std::string& dataset, size_t number_bytes) const {
  auto all = file_.extents(open_dataset(dataset), dataset);
  if (all.empty())
    fail(dataset,
         "more than fits data.memory, and stored so that rows cannot be read on their own; raise "
         "data.memory, or run mma-prep build again");
  for (auto& extent : all) {
    const auto bytes = static_cast<uint64_t>(extent.count) * number_bytes;
    if (extent.place > file_.size() || bytes > file_.size() - extent.place)
      fail(dataset, "lies beyond the end of the file; the file is incomplete");
  }
  return all;
}

std::vector<std::string> Reader::read_texts(const std::string& dataset, std::string& bytes) const {
  auto sides = shape(dataset);
  if (sides.size() != 1) fail(dataset, "expected one axis");
  Id type(H5Dget_type(open_dataset(dataset)), H5Tclose);
  size_t size = text_size(type);
  if (size == 0) fail(dataset, "expected texts of a fixed length");
  auto count = static_cast<size_t>(sides[0]);
  check_plain(dataset, count * size);  // no overflow: a count beyond the file's size is refused
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
  size_t size = text_size(type);
  if (size == 0) fail(object, fmt::format("attribute '{}': expected a text", attribute));
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
