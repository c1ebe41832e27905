#pragma once
// The door to HDF5, for pack_*.cpp: handles that close themselves, and reading that trusts nothing.
#include <hdf5.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

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

/// Must come before any other call: HDF5 prints nothing and does nothing at exit.
void initialise();
/// What HDF5's error stack says: the system's own message where there is one.
std::string last_error();

/// The numbers that a pack holds: how they lie in the file (little-endian) and in memory.
template <class T>
struct Type;
template <>
struct Type<uint8_t> {
  static constexpr const char* kName = "u8";
  static hid_t file() { return H5T_STD_U8LE; }
  static hid_t memory() { return H5T_NATIVE_UINT8; }
};
template <>
struct Type<int32_t> {
  static constexpr const char* kName = "i32";
  static hid_t file() { return H5T_STD_I32LE; }
  static hid_t memory() { return H5T_NATIVE_INT32; }
};
template <>
struct Type<int64_t> {
  static constexpr const char* kName = "i64";
  static hid_t file() { return H5T_STD_I64LE; }
  static hid_t memory() { return H5T_NATIVE_INT64; }
};
template <>
struct Type<float> {
  static constexpr const char* kName = "f32";
  static hid_t file() { return H5T_IEEE_F32LE; }
  static hid_t memory() { return H5T_NATIVE_FLOAT; }
};

/// A file opened read-only, of which nothing is believed: links out of the file, virtual data sets,
/// external storage and filters (which would load plug-ins) are refused, and no memory is reserved
/// that the file's own size does not justify. All functions throw UserError.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file);
  /// Whether root holds `path`, "a/b", by plain links.
  bool has(const std::string& path) const;
  std::vector<std::string> names(const std::string& group) const;
  std::vector<int64_t> shape(const std::string& dataset) const;
  /// All numbers of a data set of exactly this type and shape.
  template <class T>
  std::vector<T> read(const std::string& dataset, const std::vector<int64_t>& shape) const {
    std::vector<T> values(read_size(dataset, shape, Type<T>::file(), Type<T>::kName));
    read_into(dataset, Type<T>::memory(), values.data());
    return values;
  }
  /// A one-dimensional data set of fixed-length texts; `bytes` gets them as they lie in the file.
  std::vector<std::string> read_texts(const std::string& dataset, std::string& bytes) const;
  /// Attributes of a group or data set; "" is the root.
  std::string text(const std::string& object, const std::string& attribute) const;
  int64_t number(const std::string& object, const std::string& attribute) const;
  /// Throws UserError "file: object: message".
  [[noreturn]] void fail(const std::string& object, const std::string& message) const;

 private:
  Id open(const std::string& path) const;
  Id open_dataset(const std::string& path) const;
  Id open_attribute(const std::string& object, const std::string& attribute) const;
  size_t read_size(const std::string& dataset, const std::vector<int64_t>& expected, hid_t type,
                   const char* type_name) const;
  void read_into(const std::string& dataset, hid_t type, void* values) const;

  std::string name_;
  uint64_t file_size_ = 0;
  Id file_;
};

}  // namespace mma::h5
