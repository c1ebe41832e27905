#include "data/h5.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/error.h"

namespace mma {

std::unique_lock<std::recursive_mutex> hdf5_lock() {
  static std::recursive_mutex mutex;
  return std::unique_lock(mutex);
}

}  // namespace mma

namespace mma::h5 {
namespace {

constexpr uint64_t kMaxChunk = uint64_t{1} << 28;
// Deflate makes at most 1032 bytes of one; the rest is for what chunks need beside their data.
constexpr uint64_t kMostUnpacked = 1100;

herr_t collect_error(unsigned, const H5E_error2_t* error, void* into) {
  auto& texts = *static_cast<std::vector<std::string>*>(into);
  if (error->desc && texts.size() < 64) texts.emplace_back(error->desc);
  return 0;
}

herr_t collect_name(hid_t, const char* name, const H5L_info2_t*, void* into) {
  static_cast<std::vector<std::string>*>(into)->emplace_back(name);
  return 0;
}

}  // namespace

void initialise() {
  // Without this, HDF5 would try to flush a file again at exit whose disk was full.
  static const herr_t once = H5dont_atexit();
  (void)once;
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
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

File::File(const std::filesystem::path& file) : name_(file.string()) {
  initialise();
  std::error_code error;
  auto status = std::filesystem::status(file, error);
  check_input(std::filesystem::exists(status), "{}: no such file", name_);
  check_input(std::filesystem::is_regular_file(status), "{}: expected a file, found something else",
              name_);
  size_ = std::filesystem::file_size(file, error);
  check_input(!error, "{}: {}", name_, error.message());
  Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  // Network file systems of clusters often lack locks, and what is read here does not change.
  H5Pset_file_locking(access, false, true);
  file_ = Id(H5Fopen(name_.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  check_input(file_.valid(),
              "{}: expected an HDF5 file, found {} bytes that are none or damaged ({})", name_,
              size_, last_error());
}

std::string File::where(const std::string& object) const {
  std::string_view path = object;
  while (path.starts_with('/')) path.remove_prefix(1);
  return path.empty() ? name_ : fmt::format("{}: /{}", name_, printable(path));
}

void File::fail(const std::string& object, const std::string& message) const {
  throw UserError(fmt::format("{}: {}", where(object), message));
}

Id File::find(const std::string& path) const {
  initialise();  // which is a matter of each thread
  Id at(H5Oopen(file_, "/", H5P_DEFAULT), H5Oclose);
  for (size_t start = 0; start < path.size() && at.valid();) {
    auto end = std::min(path.find('/', start), path.size());
    auto name = path.substr(start, end - start);
    start = end + 1;
    if (name.empty()) continue;
    if (H5Iget_type(at) != H5I_GROUP) fail(path, "expected a group on the way, found a data set");
    auto there = name == "." ? 0 : H5Lexists(at, name.c_str(), H5P_DEFAULT);
    if (there == 0) return {};
    H5L_info2_t link;
    if (there < 0 || H5Lget_info2(at, name.c_str(), &link, H5P_DEFAULT) < 0)
      fail(path, last_error());
    if (link.type != H5L_TYPE_HARD)
      fail(path, "expected data, found a link; links are not followed");
    at = Id(H5Oopen(at, name.c_str(), H5P_DEFAULT), H5Oclose);
    if (!at.valid()) fail(path, last_error());
  }
  return at;
}

std::vector<std::string> File::names(hid_t group, const std::string& path) const {
  std::vector<std::string> names;
  if (H5Literate2(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_name, &names) < 0)
    fail(path, last_error());
  return names;
}

std::vector<int64_t> File::shape(hid_t dataset, const std::string& path) const {
  Id space(H5Dget_space(dataset), H5Sclose);
  if (!space.valid() || H5Sget_simple_extent_type(space) != H5S_SIMPLE)
    fail(path, "expected an array, found something else");
  hsize_t sides[H5S_MAX_RANK];
  int axes = H5Sget_simple_extent_dims(space, sides, nullptr);
  if (axes < 0) fail(path, last_error());
  if (std::any_of(sides, sides + axes, [](hsize_t side) { return side > INT64_MAX; }))
    fail(path, fmt::format("impossible shape [{}]", fmt::join(sides, sides + axes, ", ")));
  return {sides, sides + axes};
}

Storage File::storage(hid_t dataset, const std::string& path) const {
  Id made(H5Dget_create_plist(dataset), H5Pclose);
  Id type(H5Dget_type(dataset), H5Tclose);
  if (!made.valid() || !type.valid()) fail(path, last_error());
  Storage storage{H5Pget_layout(made),
                  H5Pget_nfilters(made) > 0,
                  H5Dget_storage_size(dataset),
                  {},
                  H5Tget_size(type)};
  if (storage.layout != H5D_CONTIGUOUS && storage.layout != H5D_CHUNKED &&
      storage.layout != H5D_COMPACT)
    fail(path, "expected plain storage, found a virtual data set");
  if (H5Pget_external_count(made) != 0)
    fail(path, "expected plain storage, found external files: data in other files is not read");
  for (int i = 0; i < H5Pget_nfilters(made); ++i) {
    unsigned flags, config;
    size_t values = 0;
    auto filter = H5Pget_filter2(made, static_cast<unsigned>(i), &flags, &values, nullptr, 0,
                                 nullptr, &config);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
        filter != H5Z_FILTER_FLETCHER32)
      fail(path, fmt::format("expected deflate or no compression, found HDF5 filter {}",
                             static_cast<int>(filter)));
  }
  if (storage.layout != H5D_CHUNKED) return storage;
  storage.chunk.resize(H5S_MAX_RANK);
  int axes = H5Pget_chunk(made, H5S_MAX_RANK, storage.chunk.data());
  if (axes < 1) fail(path, "chunks without axes");
  storage.chunk.resize(static_cast<size_t>(axes));
  bool fits = true;
  for (auto side : storage.chunk)
    fits &= !__builtin_mul_overflow(storage.chunk_bytes, side, &storage.chunk_bytes);
  if (!fits || storage.chunk_bytes > kMaxChunk)
    fail(path, fmt::format("chunks of more than {} bytes", kMaxChunk));
  return storage;
}

std::vector<Extent> File::extents(hid_t dataset, const std::string& path) const {
  const auto stored = storage(dataset, path);
  const auto sides = shape(dataset, path);
  Id made(H5Fget_create_plist(file_), H5Pclose);
  hsize_t before = 0;  // of HDF5's own beginning; HDF5's versions differ in whether places count it
  if (!made.valid() || H5Pget_userblock(made, &before) < 0) fail(path, last_error());
  if (stored.compressed || before != 0 || sides.empty()) return {};
  int64_t width = 1;
  for (size_t axis = 1; axis < sides.size(); ++axis) width *= sides[axis];
  std::vector<Extent> all;
  if (stored.layout == H5D_CONTIGUOUS) {
    const auto place = H5Dget_offset(dataset);
    if (place != HADDR_UNDEF) all.push_back({0, sides[0] * width, place});
    return all;
  }
  if (stored.layout != H5D_CHUNKED || stored.chunk.size() != sides.size() ||
      !std::equal(sides.begin() + 1, sides.end(), stored.chunk.begin() + 1,
                  [](int64_t side, hsize_t chunk) { return static_cast<hsize_t>(side) == chunk; }))
    return {};
  const auto rows = static_cast<int64_t>(stored.chunk[0]);
  std::vector<hsize_t> at(sides.size(), 0);
  for (int64_t row = 0; row < sides[0]; row += rows) {
    at[0] = static_cast<hsize_t>(row);
    unsigned filters = 0;
    haddr_t place = HADDR_UNDEF;
    hsize_t bytes = 0;
    if (H5Dget_chunk_info_by_coord(dataset, at.data(), &filters, &place, &bytes) < 0)
      fail(path, last_error());
    if (place == HADDR_UNDEF || bytes != stored.chunk_bytes) return {};
    all.push_back({row * width, std::min(rows, sides[0] - row) * width, place});
  }
  return all;
}

Descriptor File::descriptor() const {
  void* handle = nullptr;
  if (H5Fget_vfd_handle(file_, H5P_DEFAULT, &handle) < 0 || !handle) fail("", last_error());
  Descriptor again(::dup(*static_cast<int*>(handle)));
  if (again.get() < 0)
    throw MachineError(fmt::format("{}: cannot be opened: {}", name_, std::strerror(errno)));
  return again;
}

void File::check_size(const Storage& storage, uint64_t size, const std::string& path) const {
  // Chunks that were never written take nothing.
  bool chunked = storage.layout == H5D_CHUNKED;
  bool fits = chunked ? size / kMostUnpacked <= storage.bytes : size == storage.bytes;
  if (!fits || storage.bytes > size_)
    fail(path, fmt::format("expected {} bytes, found {}{}; the file is incomplete", size,
                           storage.bytes, storage.compressed ? " (compressed)" : ""));
  if (chunked && size > 0 && storage.chunk_bytes / kMostUnpacked > storage.bytes)
    fail(path,
         fmt::format("chunks of {} bytes in {} bytes of data", storage.chunk_bytes, storage.bytes));
}

}  // namespace mma::h5
