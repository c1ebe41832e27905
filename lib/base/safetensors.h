#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mma {

/// One tensor of a safetensors file: row-major, little-endian.
struct SafetensorsEntry {
  std::string name, dtype;  ///< dtype as the format spells it: "F32", "BF16", "I64", "BOOL", ...
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;  ///< bytes within the file's data part
};

/// The bytes of one number of a safetensors dtype; 0 if there is no such dtype.
int64_t safetensors_item_size(std::string_view dtype);

/// A safetensors file, read whole and validated as strictly as the reference reader
/// (github.com/huggingface/safetensors): header within the file and at most 100 MB, known dtypes,
/// ranges that fit the shapes and cover the data part without hole or overlap. Beyond that, names
/// given twice and unknown fields are refused. Throws UserError.
class Safetensors {
 public:
  explicit Safetensors(const std::filesystem::path& file);
  /// The same of bytes in memory; `name` is for messages.
  Safetensors(std::string bytes, std::string name);
  Safetensors(const Safetensors&) = delete;  // a view of bytes() must not outlive its file
  Safetensors& operator=(const Safetensors&) = delete;

  /// Sorted by name.
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  /// The tensor of that name, or null.
  const SafetensorsEntry* find(std::string_view name) const;
  /// The tensor of that name; UserError if there is none.
  const SafetensorsEntry& at(std::string_view name) const;
  /// A tensor's bytes, as long as this object lives. They may stand at any address.
  std::string_view bytes(const SafetensorsEntry& entry) const;
  /// The strings of "__metadata__".
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  void parse();
  std::string file_bytes_, name_;
  std::string_view data_;
  std::vector<SafetensorsEntry> entries_;
  std::map<std::string, std::string> metadata_;
};

/// The names of a file's tensors, by its header alone, which is checked; the rest of the file is
/// not read. UserError.
std::vector<std::string> safetensors_names(const std::filesystem::path& file);

/// One tensor to write.
struct SafetensorsTensor {
  std::string name, dtype;
  std::vector<int64_t> shape;
  std::string_view bytes;
};

/// What stands before the tensors' bytes in a file of them in this order, each of their dtypes no
/// wider than the one before: for a file that is written as its bytes come. `begin` and `end` are
/// not looked at.
std::string safetensors_header(const std::vector<SafetensorsEntry>& tensors,
                               const std::map<std::string, std::string>& metadata = {});
/// The bytes of a safetensors file. Same tensors and metadata, same bytes, in whichever order they
/// come: wide dtypes first, so that every tensor is aligned, then by name; the data part begins at
/// a multiple of 8.
std::string safetensors_bytes(std::vector<SafetensorsTensor> tensors,
                              const std::map<std::string, std::string>& metadata = {});
/// Writes them, wholly or not at all.
void write_safetensors(const std::filesystem::path& file, std::vector<SafetensorsTensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace mma
