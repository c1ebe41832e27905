#pragma once
// The door to HDF5: handles that close themselves, and files of which nothing is believed.
#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "data/row_file.h"

namespace mma {

/// The HDF5 library is not made for several threads: whoever calls it, or lets go of an Id, holds
/// this lock.
std::unique_lock<std::recursive_mutex> hdf5_lock();

}  // namespace mma

namespace mma::h5 {

/// An HDF5 identifier that closes itself.
class Id {
 public:
  Id() = default;
  Id(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Id(Id&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Id& operator=(Id&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Id() { close(); }
  operator hid_t() const { return id_; }
  bool valid() const { return id_ >= 0; }
  /// False where closing failed, as the last flush on a full disk does.
  bool close() { return id_ < 0 || close_(std::exchange(id_, -1)) >= 0; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// Must come before any other call: HDF5 prints nothing, loads no plug-in and does nothing at exit.
void initialise();
/// What HDF5's error stack says: the system's own message where there is one.
std::string last_error();

/// How a data set lies in its file.
struct Storage {
  H5D_layout_t layout;  ///< contiguous, compact or chunked
  bool compressed = false;
  uint64_t bytes = 0;          ///< of the file
  std::vector<hsize_t> chunk;  ///< its sides, if chunked
  uint64_t chunk_bytes = 0;    ///< one chunk, unpacked
};

/// A file opened read-only, without locking it, of which nothing is believed: links, also within
/// the file, virtual data sets, external storage and filters that would need a plug-in are refused,
/// and so is what its own size does not justify. All functions throw UserError.
class File {
 public:
  explicit File(const std::filesystem::path& file);
  const std::string& name() const { return name_; }
  uint64_t size() const { return size_; }
  /// The object at "a/b", "" being the root; not valid where there is none.
  Id find(const std::string& path) const;
  /// The names in a group, in their order.
  std::vector<std::string> names(hid_t group, const std::string& path) const;
  /// The lengths of a data set's axes. Of a data set without axes: none.
  std::vector<int64_t> shape(hid_t dataset, const std::string& path) const;
  /// How a data set lies in the file, where that is one of the plain ways.
  Storage storage(hid_t dataset, const std::string& path) const;
  /// Where a data set's numbers lie that are stored plainly, in order: one after the other, or in
  /// chunks of whole rows. None where they lie in another way.
  std::vector<Extent> extents(hid_t dataset, const std::string& path) const;
  /// The same open file once more.
  Descriptor descriptor() const;
  /// That a data set of `size` bytes can be in what it has of the file.
  void check_size(const Storage& storage, uint64_t size, const std::string& path) const;
  /// "file: /object".
  std::string where(const std::string& object) const;
  /// Throws UserError "file: /object: message".
  [[noreturn]] void fail(const std::string& object, const std::string& message) const;

 private:
  std::string name_;
  uint64_t size_ = 0;
  Id file_;
};

}  // namespace mma::h5
