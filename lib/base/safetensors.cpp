#include "base/safetensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/utf8.h"

namespace mma {
namespace {

using nlohmann::json;
constexpr uint64_t kMaxHeader = 100'000'000;
constexpr size_t kMaxAxes = 64;
constexpr char kMetadata[] = "__metadata__";

struct DtypeRow {
  std::string_view name;
  int64_t size;
};
constexpr DtypeRow kDtypes[] = {
    {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1},
    {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},     {"U32", 4},
    {"F32", 4},  {"F64", 8}, {"I64", 8}, {"U64", 8},     {"C64", 8},
};

// The bytes that a tensor takes; false where the product overflows.
bool tensor_size(const std::vector<int64_t>& shape, int64_t item, uint64_t& size) {
  size = static_cast<uint64_t>(item);
  for (auto n : shape)
    if (n < 0 || __builtin_mul_overflow(size, static_cast<uint64_t>(n), &size)) return false;
  return true;
}

// Takes the header piece by piece, so that a hostile one cannot grow into a tree of objects.
// Its shape: {"__metadata__": {text: text}, name: {"dtype": .., "shape": [..], "data_offsets":
// [..]}}
class HeaderHandler : public nlohmann::json_sax<json> {
 public:
  HeaderHandler(std::vector<SafetensorsEntry>& entries,
                std::map<std::string, std::string>& metadata)
      : entries_(entries), metadata_(metadata) {}
  std::string fault;

  bool start_object(std::size_t) override {
    if (++depth_ > 2 || in_list_) return bad("an object where none belongs");
    return true;
  }
  bool end_object() override {
    --depth_;
    if (depth_ != 1 || in_metadata_) return true;
    auto& entry = entries_.back();
    if (!has_dtype_ || !has_shape_ || offsets_.size() != 2)
      return bad(
          fmt::format("'{}' without dtype, shape or two data_offsets", printable(entry.name)));
    entry.begin = offsets_[0];
    entry.end = offsets_[1];
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) {
      if (!names_.insert(name).second) return bad(fmt::format("'{}' twice", printable(name)));
      in_metadata_ = name == kMetadata;
      has_dtype_ = has_shape_ = has_offsets_ = false;
      offsets_.clear();
      if (!in_metadata_) entries_.push_back({.name = name, .dtype = {}, .shape = {}});
      return true;
    }
    key_ = name;
    if (in_metadata_)
      return metadata_.emplace(name, "").second || bad(fmt::format("'{}' twice", printable(name)));
    bool& seen = name == "dtype" ? has_dtype_ : name == "shape" ? has_shape_ : has_offsets_;
    if (name != "dtype" && name != "shape" && name != "data_offsets")
      return bad(fmt::format("the unknown field '{}'", printable(name)));
    if (seen) return bad(fmt::format("the field '{}' twice", printable(name)));
    return seen = true;
  }
  bool string(string_t& text) override {
    if (depth_ != 2 || in_list_) return bad("text where none belongs");
    if (in_metadata_) {
      metadata_[key_] = text;
      return true;
    }
    if (key_ != "dtype") return bad(fmt::format("text as '{}'", key_));
    entries_.back().dtype = text;
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ != 2 || in_list_ || in_metadata_ || key_ == "dtype")
      return bad("a list where none belongs");
    return in_list_ = true;
  }
  bool end_array() override {
    in_list_ = false;
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (!in_list_) return bad("a number where none belongs");
    if (key_ == "data_offsets") {
      if (offsets_.size() == 2) return bad("more than two data_offsets");
      offsets_.push_back(value);
      return true;
    }
    auto& shape = entries_.back().shape;
    if (shape.size() == kMaxAxes || value > INT64_MAX) return bad("an impossible shape");
    shape.push_back(static_cast<int64_t>(value));
    return true;
  }
  bool number_integer(number_integer_t) override { return bad("a negative number"); }
  bool number_float(number_float_t, const string_t& text) override {
    return bad(fmt::format("the number {}", printable(text)));
  }
  bool null() override {
    // The reference reads "__metadata__": null as none.
    return (depth_ == 1 && in_metadata_) || bad("null");
  }
  bool boolean(bool) override { return bad("true or false"); }
  bool binary(binary_t&) override { return bad("binary"); }
  bool parse_error(std::size_t place, const std::string&, const json::exception&) override {
    return bad(fmt::format("no JSON at byte {}", 8 + place));
  }

 private:
  bool bad(std::string what) {
    if (fault.empty()) fault = std::move(what);
    return false;
  }
  std::vector<SafetensorsEntry>& entries_;
  std::map<std::string, std::string>& metadata_;
  std::set<std::string> names_;
  std::string key_;
  std::vector<uint64_t> offsets_;
  int depth_ = 0;
  bool in_list_ = false, in_metadata_ = false;
  bool has_dtype_ = false, has_shape_ = false, has_offsets_ = false;
};

// The header's length, which the first 8 bytes of a file say.
uint64_t header_length(std::string_view file, const std::string& name) {
  check_input(file.size() >= 8, "{}: expected a safetensors file, found {} bytes", name,
              file.size());
  uint64_t length = 0;
  for (size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(file[i]);
  return length;
}

// Fills entries and metadata; returns the header's length.
uint64_t parse_header(std::string_view file, const std::string& name,
                      std::vector<SafetensorsEntry>& entries,
                      std::map<std::string, std::string>& metadata) {
  const auto length = header_length(file, name);
  check_input(length <= kMaxHeader && length <= file.size() - 8,
              "{}: expected a safetensors file, found a header of {} bytes in a file of {}", name,
              length, file.size());
  auto header = file.substr(8, length);
  check_input(header.starts_with('{') && valid_utf8(header),
              "{}: expected a safetensors header in JSON, found something else", name);
  HeaderHandler handler(entries, metadata);
  bool good = json::sax_parse(header.begin(), header.end(), &handler);
  check_input(good, "{}: safetensors header: found {}", name, handler.fault);
  return length;
}

}  // namespace

std::vector<std::string> safetensors_names(const std::filesystem::path& file) {
  const auto name = file.string();
  const auto length = std::min(header_length(read_head(file, 8), name), kMaxHeader);
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
  parse_header(read_head(file, 8 + length), name, entries, metadata);
  std::vector<std::string> names;
  for (auto& entry : entries) names.push_back(entry.name);
  return names;
}

int64_t safetensors_item_size(std::string_view dtype) {
  for (auto& row : kDtypes)
    if (row.name == dtype) return row.size;
  return 0;
}

Safetensors::Safetensors(const std::filesystem::path& file)
    : file_bytes_(read_file(file)), name_(file.string()) {
  parse();
}

Safetensors::Safetensors(std::string bytes, std::string name)
    : file_bytes_(std::move(bytes)), name_(std::move(name)) {
  parse();
}

void Safetensors::parse() {
  std::string_view file = file_bytes_;
  data_ = file.substr(8 + parse_header(file, name_, entries_, metadata_));

  // In the order of their ranges, each must begin where the one before ended.
  std::vector<const SafetensorsEntry*> by_range;
  for (auto& entry : entries_) by_range.push_back(&entry);
  std::sort(by_range.begin(), by_range.end(), [](auto* a, auto* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  uint64_t filled = 0;
  for (auto* entry : by_range) {
    auto shown = printable(entry->name);
    check_input(entry->begin == filled && entry->end >= filled && entry->end <= data_.size(),
                "{}: tensor '{}': expected its bytes to begin at {} and end by {}, found {} to {}",
                name_, shown, filled, data_.size(), entry->begin, entry->end);
    auto item = safetensors_item_size(entry->dtype);
    check_input(item > 0, "{}: tensor '{}': unknown dtype '{}'", name_, shown,
                printable(entry->dtype));
    uint64_t size = 0;
    check_input(tensor_size(entry->shape, item, size) && size == entry->end - entry->begin,
                "{}: tensor '{}': {} bytes do not fit its shape [{}] of {}", name_, shown,
                entry->end - entry->begin, fmt::join(entry->shape, ", "), entry->dtype);
    filled = entry->end;
  }
  check_input(filled == data_.size(), "{}: expected {} bytes of tensors, found {}", name_, filled,
              data_.size());
  std::sort(entries_.begin(), entries_.end(), [](auto& a, auto& b) { return a.name < b.name; });
}

const SafetensorsEntry* Safetensors::find(std::string_view name) const {
  auto it = std::lower_bound(entries_.begin(), entries_.end(), name,
                             [](auto& entry, std::string_view n) { return entry.name < n; });
  return it != entries_.end() && it->name == name ? &*it : nullptr;
}

const SafetensorsEntry& Safetensors::at(std::string_view name) const {
  auto* entry = find(name);
  check_input(entry != nullptr, "{}: has no tensor '{}'", name_, printable(name));
  return *entry;
}

std::string_view Safetensors::bytes(const SafetensorsEntry& entry) const {
  return data_.substr(entry.begin, entry.end - entry.begin);
}

std::string safetensors_header(const std::vector<SafetensorsEntry>& tensors,
                               const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  uint64_t at = 0;
  for (auto& tensor : tensors) {
    uint64_t size = 0;
    auto item = safetensors_item_size(tensor.dtype);
    check(item > 0 && tensor_size(tensor.shape, item, size),
          "safetensors: tensor '{}': no bytes for [{}] of {}", tensor.name,
          fmt::join(tensor.shape, ", "), tensor.dtype);
    check(tensor.name != kMetadata && !header.contains(tensor.name),
          "safetensors: two tensors are named '{}'", tensor.name);
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {at, at + size}}};
    at += size;
  }
  auto text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string bytes;
  for (size_t i = 0; i < 8; ++i) bytes += static_cast<char>(text.size() >> 8 * i);
  return bytes + text;
}

std::string safetensors_bytes(std::vector<SafetensorsTensor> tensors,
                              const std::map<std::string, std::string>& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](auto& a, auto& b) {
    auto wide = safetensors_item_size(a.dtype), other = safetensors_item_size(b.dtype);
    return wide != other ? wide > other : a.name < b.name;
  });
  std::vector<SafetensorsEntry> entries;
  uint64_t all = 0;
  for (auto& tensor : tensors) {
    uint64_t size = 0;
    auto item = safetensors_item_size(tensor.dtype);
    check(item > 0 && tensor_size(tensor.shape, item, size) && size == tensor.bytes.size(),
          "safetensors: tensor '{}': {} bytes do not fit [{}] of {}", tensor.name,
          tensor.bytes.size(), fmt::join(tensor.shape, ", "), tensor.dtype);
    entries.push_back({tensor.name, tensor.dtype, tensor.shape});
    all += size;
  }
  auto bytes = safetensors_header(entries, metadata);
  bytes.reserve(bytes.size() + all);
  for (auto& tensor : tensors) bytes += tensor.bytes;
  return bytes;
}

void write_safetensors(const std::filesystem::path& file, std::vector<SafetensorsTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  write_atomically(file, safetensors_bytes(std::move(tensors), metadata));
}

}  // namespace mma
