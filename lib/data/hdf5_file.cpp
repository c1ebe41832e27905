#include "data/hdf5_file.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/error.h"
#include "data/hdf5_data_set.h"
#include "data/npy.h"

namespace mma {
namespace {

constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
// A chunked data set that is no larger is read at once: chunk by chunk would cost more.
constexpr uint64_t kAtOnce = 16 * kPiece;

// The type's spelling as numpy's; UserError if it is not one of the plain ones.
NumberType type_of(const DataSet& set) {
  hid_t id = set.type;
  h5::Id base;
  bool enumerated = H5Tget_class(id) == H5T_ENUM;
  if (enumerated) {  // h5py's bool: an enumeration of one byte
    base = h5::Id(H5Tget_super(id), H5Tclose);
    id = base;
  }
  // The library closes its own predefined types; only their ids are compared.
  const std::pair<hid_t, const char*> known[] = {
      {H5T_IEEE_F32LE, "<f4"}, {H5T_IEEE_F32BE, ">f4"}, {H5T_IEEE_F64LE, "<f8"},
      {H5T_IEEE_F64BE, ">f8"}, {H5T_STD_I8LE, "|i1"},   {H5T_STD_I16LE, "<i2"},
      {H5T_STD_I16BE, ">i2"},  {H5T_STD_I32LE, "<i4"},  {H5T_STD_I32BE, ">i4"},
      {H5T_STD_I64LE, "<i8"},  {H5T_STD_I64BE, ">i8"},  {H5T_STD_U8LE, "|u1"},
      {H5T_STD_U16LE, "<u2"},  {H5T_STD_U16BE, ">u2"},  {H5T_STD_U32LE, "<u4"},
      {H5T_STD_U32BE, ">u4"},  {H5T_STD_U64LE, "<u8"},  {H5T_STD_U64BE, ">u8"}};
  for (auto& [other, text] : known) {
    if (H5Tequal(id, other) <= 0) continue;
    if (enumerated && H5Tget_size(id) != 1) set.fail("expected numbers, found an enumeration");
    return number_type(enumerated ? "|b1" : text, set.file.name());
  }
  // Half precision has no name in HDF5: sign at 15, 5 bits of exponent at 10, 10 bits of fraction.
  size_t sign, exponent_at, exponent, fraction_at, fraction;
  bool half = !enumerated && H5Tget_class(id) == H5T_FLOAT && H5Tget_size(id) == 2 &&
              H5Tget_fields(id, &sign, &exponent_at, &exponent, &fraction_at, &fraction) >= 0 &&
              sign == 15 && exponent_at == 10 && exponent == 5 && fraction_at == 0 &&
              fraction == 10 && H5Tget_ebias(id) == 15;
  if (!half) set.fail("expected plain numbers, found another type");
  return number_type(H5Tget_order(id) == H5T_ORDER_BE ? ">f2" : "<f2", set.file.name());
}

// Its type and shape, no bytes yet.
Array description_of(const DataSet& set) {
  auto type = type_of(set);
  Array array;
  array.kind = type.kind;
  array.item_size = type.item_size;
  array.big_endian = type.big_endian;
  array.shape = set.file.shape(set.id, set.path);
  return array;
}

// A large chunked data set, of which as many rows of its first axis are read at once as a row of
// chunks holds: every chunk is unpacked once where the data are read from begin to end.
class ChunkBytes : public ByteSource {
 public:
  ChunkBytes(DataSet set, const std::vector<int64_t>& shape, const h5::Storage& storage)
      : set_(std::move(set)), sides_(shape.begin(), shape.end()), chunk_(storage.chunk_bytes) {
    // Axes of length 1 before the first longer one have nothing to be parted.
    while (axis_ + 1 < sides_.size() && sides_[axis_] == 1) ++axis_;
    row_ = H5Tget_size(set_->type);
    for (size_t i = axis_ + 1; i < sides_.size(); ++i) row_ *= sides_[i];
    rows_ = std::min<uint64_t>(storage.chunk[axis_], sides_[axis_]);
    // As many whole chunks as a piece holds.
    rows_ *= std::max<uint64_t>(1, kPiece / std::max<uint64_t>(1, rows_ * row_));
    rows_ = std::min<uint64_t>(rows_, sides_[axis_]);
  }
  ~ChunkBytes() override {
    auto lock = hdf5_lock();
    set_.reset();
  }
  /// What it takes of memory, with a chunk packed and unpacked.
  uint64_t memory() const { return rows_ * row_ + 2 * chunk_; }
  void keep(std::shared_ptr<const void> memory) { memory_ = std::move(memory); }

  void read(uint64_t offset, char* into, size_t size) override {
    auto lock = hdf5_lock();
    while (size > 0) {
      auto band = rows_ * row_;
      if (bytes_.empty() || offset / band != band_) load(offset / band);
      auto begin = offset % band;
      auto piece = std::min<uint64_t>(size, bytes_.size() - begin);
      std::memcpy(into, bytes_.data() + begin, piece);
      into += piece;
      offset += piece;
      size -= piece;
    }
  }
  bool random_access() const override { return true; }

 private:
  void load(uint64_t band) {
    h5::initialise();
    std::vector<hsize_t> start(sides_.size()), count = sides_;
    start[axis_] = band * rows_;
    count[axis_] = std::min<uint64_t>(rows_, sides_[axis_] - start[axis_]);
    hsize_t numbers = count[axis_] * row_ / H5Tget_size(set_->type);
    bytes_.clear();
    std::string bytes(count[axis_] * row_, '\0');
    h5::Id all(H5Dget_space(set_->id), H5Sclose),
        memory(H5Screate_simple(1, &numbers, nullptr), H5Sclose);
    bool read = H5Sselect_hyperslab(all, H5S_SELECT_SET, start.data(), nullptr, count.data(),
                                    nullptr) >= 0 &&
                H5Dread(set_->id, set_->type, memory, all, H5P_DEFAULT, bytes.data()) >= 0;
    if (!read) set_->fail(fmt::format("cannot be read ({})", h5::last_error()));
    bytes_ = std::move(bytes);
    band_ = band;
  }

  std::optional<DataSet> set_;
  std::vector<hsize_t> sides_;
  uint64_t chunk_, row_ = 0, rows_ = 0;  // bytes of a row of the axis; rows that are read at once
  size_t axis_ = 0;
  std::string bytes_;
  uint64_t band_ = 0;  // which rows bytes_ holds
  std::shared_ptr<const void> memory_;
};

// Where a contiguous data set lies in its file, it can be read without HDF5.
void leave_in_file(Array& array, const DataSet& set, uint64_t size) {
  auto begin = H5Dget_offset(set.id);
  auto file = std::make_shared<InputFile>(set.file.name());
  if (begin == HADDR_UNDEF || begin > file->size() || size > file->size() - begin)
    set.fail("lies outside of the file; the file is incomplete");
  set_source(array, std::make_shared<FileBytes>(file), begin, size, set.file.name());
}

void read_at_once(Array& array, const DataSet& set, uint64_t size) {
  auto bytes = std::make_shared<std::string>(size, '\0');
  // As the type that it is stored in: pooling turns the bytes.
  if (size > 0 && H5Dread(set.id, set.type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes->data()) < 0)
    set.fail(fmt::format("cannot be read ({})", h5::last_error()));
  set_bytes(array, *bytes, set.file.name());
  array.owner = std::move(bytes);
}

}  // namespace

bool is_hdf5(std::string_view head) {
  // Matlab and others put 512 bytes of their own before the signature.
  return head.starts_with(kSignature) ||
         (head.size() > 512 && head.substr(512).starts_with(kSignature));
}

Array read_hdf5_array(const std::filesystem::path& file, const std::string& data_set,
                      const TakeMemory& take) {
  Array array;
  std::shared_ptr<ChunkBytes> chunks;
  uint64_t size = 0;
  {
    auto lock = hdf5_lock();
    auto set = open_data_set(file, data_set);
    array = description_of(set);
    size = static_cast<uint64_t>(array.item_size);
    bool fits = true;
    for (auto n : array.shape)
      fits &= !__builtin_mul_overflow(size, static_cast<uint64_t>(n), &size);
    if (!fits) set.fail(fmt::format("impossible shape [{}]", fmt::join(array.shape, ", ")));
    auto storage = set.file.storage(set.id, set.path);
    set.file.check_size(storage, size, set.path);
    bool chunked = storage.layout == H5D_CHUNKED;
    if (size > kPiece && storage.layout == H5D_CONTIGUOUS) {
      leave_in_file(array, set, size);
      return array;
    }
    if (!chunked || std::max(size, storage.chunk_bytes) <= kAtOnce) {
      read_at_once(array, set, size);
      return array;
    }
    chunks = std::make_shared<ChunkBytes>(std::move(set), array.shape, storage);
  }
  // Without the lock: others need it to give memory back.
  chunks->keep(take(chunks->memory(),
                    fmt::format("{}: a data set is read by whole chunks (chunks of fewer rows take "
                                "less)",
                                file.string())));
  set_source(array, chunks, 0, size, file.string());
  return array;
}

}  // namespace mma
