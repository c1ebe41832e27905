#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/h5.h"

namespace mma::h5 {

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

/// IEEE float16, of which older HDF5 libraries have no type of their own.
hid_t half_type();
template <>
struct Type<Half> {
  static constexpr const char* kName = "f16";
  static hid_t file() { return half_type(); }
  static hid_t memory() { return half_type(); }  // as it is, not converted
};

/// Reads a pack's parts, each of the kind and shape that it must have and not compressed, which a
/// pack never is. All functions throw UserError.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file) {}
  /// The lengths of a data set's axes, 1 to 4.
  std::vector<int64_t> shape(const std::string& dataset) const;
  /// All numbers of a data set of exactly this type and shape.
  template <class T>
  std::vector<T> read(const std::string& dataset, const std::vector<int64_t>& shape) const {
    std::vector<T> values(read_size(dataset, shape, Type<T>::file(), Type<T>::kName));
    read_into(dataset, Type<T>::memory(), values.data());
    return values;
  }
  /// Whether a data set holds numbers of this type.
  template <class T>
  bool holds(const std::string& dataset) const {
    return has_type(dataset, Type<T>::file());
  }
  /// Bytes of the numbers of a data set of exactly this type and shape.
  template <class T>
  uint64_t bytes(const std::string& dataset, const std::vector<int64_t>& shape) const {
    return read_size(dataset, shape, Type<T>::file(), Type<T>::kName) * sizeof(T);
  }
  /// Where those numbers lie, within the file. UserError where they cannot be read row by row.
  std::vector<Extent> extents(const std::string& dataset, size_t number_bytes) const;
  /// The same open file, for them.
  Descriptor descriptor() const { return file_.descriptor(); }
  /// A one-dimensional data set of fixed-length texts; `bytes` gets them as they lie in the file.
  std::vector<std::string> read_texts(const std::string& dataset, std::string& bytes) const;
  /// Attributes of a group or data set; "" is the root.
  std::string text(const std::string& object, const std::string& attribute) const;
  int64_t number(const std::string& object, const std::string& attribute) const;
  /// "file: /object".
  std::string where(const std::string& object) const { return file_.where(object); }
  /// Throws UserError "file: object: message".
  [[noreturn]] void fail(const std::string& object, const std::string& message) const {
    file_.fail(object, message);
  }

 private:
  Id open(const std::string& path) const;
  Id open_dataset(const std::string& path) const;
  Id open_attribute(const std::string& object, const std::string& attribute) const;
  bool has_type(const std::string& dataset, hid_t type) const;
  size_t read_size(const std::string& dataset, const std::vector<int64_t>& expected, hid_t type,
                   const char* type_name) const;
  void check_plain(const std::string& dataset, uint64_t size) const;
  void read_into(const std::string& dataset, hid_t type, void* values) const;

  File file_;
};

}  // namespace mma::h5
