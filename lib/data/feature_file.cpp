#include "data/feature_file.h"

#include <algorithm>

#include "base/error.h"
#include "base/stop.h"
#include "base/zip.h"
#include "data/hdf5_file.h"
#include "data/npy.h"
#include "data/numpy_pickle.h"

namespace mma {
namespace {

constexpr uint64_t kHead = 1024;  // beyond 520, the latest place of HDF5's signature
// More would not be a sample's features but a bomb.
constexpr uint64_t kMaxUnpacked = uint64_t{1} << 36;

// An entry of an archive. It is unpacked from its beginning again to go back in it.
class ZipBytes : public ByteSource {
 public:
  ZipBytes(std::shared_ptr<const ZipArchive> zip, const ZipEntry& entry)
      : zip_(std::move(zip)), entry_(entry) {}
  void read(uint64_t offset, char* into, size_t size) override {
    if (!stream_ || offset < at_) {
      stream_ = zip_->open(entry_.name);
      at_ = 0;
    }
    skip(offset - at_);
    stream_->read(into, size);
    at_ += size;
  }
  void check_rest() override {
    if (!stream_) return;
    skip(entry_.size - at_);
    stream_->finish();
    stream_.reset();
  }

 private:
  void skip(uint64_t size) {
    char unused[1 << 14];
    while (size > 0) {
      stop_if_asked();
      auto piece = std::min<uint64_t>(size, sizeof unused);
      stream_->read(unused, piece);
      at_ += piece;
      size -= piece;
    }
  }

  std::shared_ptr<const ZipArchive> zip_;
  ZipEntry entry_;
  std::unique_ptr<ZipStream> stream_;
  uint64_t at_ = 0;
};

// The one array of a .npz, or the one that `wanted` names, with or without ".npy".
const ZipEntry& entry_of(const ZipArchive& zip, const std::string& name,
                         const std::string& wanted) {
  if (!wanted.empty()) {
    for (auto& entry : {wanted, wanted + ".npy"})
      if (auto* found = zip.find(entry)) return *found;
    throw UserError(
        fmt::format("{}: the archive has no entry '{}'", name, printable(wanted + ".npy")));
  }
  std::vector<std::string> names;
  for (auto& e : zip.entries()) names.push_back(printable(e.name));
  auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(names.size(), 5));
  check_input(names.size() == 1, "{}: expected an archive of one array, found {}: {}", name,
              names.size(), fmt::join(names.begin(), end, ", "));
  return zip.entries()[0];
}

Array read_npz(const std::filesystem::path& file, const std::string& wanted) {
  auto zip = std::make_shared<ZipArchive>(file);
  auto& entry = entry_of(*zip, file.string(), wanted);
  auto name = fmt::format("{}: {}", file.string(), printable(entry.name));
  check_input(entry.size <= kMaxUnpacked, "{}: {} bytes, expected at most {}", name, entry.size,
              kMaxUnpacked);
  if (entry.size > kPiece)
    return read_npy(std::make_shared<ZipBytes>(zip, entry), entry.size, name);
  auto bytes = std::make_shared<std::string>(zip->read(entry.name));
  Array array = read_npy(*bytes, name);
  array.owner = std::move(bytes);
  return array;
}

Array read_any(const std::filesystem::path& file, std::string& buffer, const std::string& data_set,
               const TakeMemory& take) {
  auto in = std::make_shared<InputFile>(file);
  auto& name = in->name();
  auto size = in->size();
  buffer.resize(std::min(size, kHead));
  in->read(0, buffer.data(), buffer.size());
  if (is_hdf5(buffer)) return read_hdf5_array(file, data_set, take);
  if (buffer.starts_with("PK\x03\x04")) return read_npz(file, data_set);
  check_input(data_set.empty(),
              "{}: expected an HDF5 or .npz file with the array '{}', found another kind", name,
              printable(data_set));
  check_input(size > 0, "{}: the file is empty", name);
  if (size > kPiece) {
    auto bytes = std::make_shared<FileBytes>(in);
    return is_npy(buffer) ? read_npy(bytes, size, name)
                          : read_numpy_pickle(bytes, size, name, take);
  }
  buffer.resize(size);
  if (size > kHead) in->read(kHead, buffer.data() + kHead, size - kHead);
  return is_npy(buffer) ? read_npy(buffer, name) : read_numpy_pickle(buffer, name);
}

}  // namespace

Array read_feature_file(const std::filesystem::path& file, std::string& buffer,
                        const std::string& data_set, const TakeMemory& take) {
  auto array = read_any(file, buffer, data_set, take);
  if (!array.source || !frames_mixed(array)) return array;
  auto twice = [&](uint64_t size, const std::string& why) { return take(2 * size, why); };
  return in_memory(array, twice,  // since pooling puts it in order
                   fmt::format("{}: an array of several axes in Fortran order is read as a whole "
                               "(numpy.ascontiguousarray makes one that is not)",
                               file.string()));
}

Array Array::with_part(uint64_t begin, uint64_t size) const {
  Array part = *this;
  part.source_begin += begin;
  part.source_size = size;
  if (!source) part.bytes = bytes.substr(begin, size);
  return part;
}

Array in_memory(const Array& array, const TakeMemory& take, const std::string& why) {
  struct Owner {
    std::shared_ptr<const void> memory;
    std::string bytes;
  };
  auto owner = std::make_shared<Owner>();
  owner->memory = take(array.source_size, why);
  owner->bytes.resize(array.source_size);
  for (uint64_t at = 0; at < array.source_size; at += kPiece) {
    stop_if_asked();
    array.source->read(array.source_begin + at, owner->bytes.data() + at,
                       std::min(kPiece, array.source_size - at));
  }
  array.source->check_rest();
  Array held = array;
  held.source = nullptr;
  held.bytes = owner->bytes;
  held.owner = std::move(owner);
  return held;
}

void check_rest(const Array& array) {
  if (array.source) array.source->check_rest();
}

}  // namespace mma
