#include "data/hdf5_file.h"

#include <H5Cpp.h>

#include <algorithm>

#include "base/error.h"
#include "data/npy.h"

namespace mma {
namespace {

constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
// Deflate makes at most 1032 bytes of one; the rest is for what chunks need beside their data.
constexpr uint64_t kMostUnpacked = 1100;
constexpr uint64_t kMaxChunk = uint64_t{1} << 28;

struct Place {
  const std::string& file;
  std::string data_set;
  template <class... Args>
  void need(bool ok, fmt::format_string<Args...> what, Args&&... args) const {
    if (ok) return;
    auto text = fmt::format(what, std::forward<Args>(args)...);
    throw UserError(data_set.empty()
                        ? fmt::format("{}: {}", file, text)
                        : fmt::format("{}: data set '{}': {}", file, printable(data_set), text));
  }
};

// The type's spelling as numpy's; UserError if it is not one of the plain ones.
NumberType type_of(const H5::DataSet& set, const Place& place) {
  H5::DataType type = set.getDataType();
  hid_t id = type.getId();
  H5::DataType base;
  bool enumerated = type.getClass() == H5T_ENUM;
  if (enumerated) {  // h5py's bool: an enumeration of one byte
    base = H5::DataType(H5Tget_super(id));
    id = base.getId();
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
    place.need(!enumerated || H5Tget_size(id) == 1, "expected numbers, found an enumeration");
    return number_type(enumerated ? "|b1" : text, place.file);
  }
  // Half precision has no name in HDF5: sign at 15, 5 bits of exponent at 10, 10 bits of fraction.
  size_t sign, exponent_at, exponent, fraction_at, fraction;
  bool half = !enumerated && type.getClass() == H5T_FLOAT && type.getSize() == 2 &&
              H5Tget_fields(id, &sign, &exponent_at, &exponent, &fraction_at, &fraction) >= 0 &&
              sign == 15 && exponent_at == 10 && exponent == 5 && fraction_at == 0 &&
              fraction == 10 && H5Tget_ebias(id) == 15;
  place.need(half, "expected plain numbers, found another type");
  return number_type(H5Tget_order(id) == H5T_ORDER_BE ? ">f2" : "<f2", place.file);
}

// Refuses what would make HDF5 open another file, load a plugin, or allocate what the file cannot
// hold. `size`: bytes of the whole array.
void check_storage(const H5::DataSet& set, uint64_t size, int64_t item, const Place& place) {
  auto plan = set.getCreatePlist();
  auto layout = plan.getLayout();
  place.need(layout != H5D_VIRTUAL, "virtual data sets are not read");
  place.need(layout != H5D_CONTIGUOUS || plan.getExternalCount() == 0,
             "data in other files is not read");
  uint64_t stored = set.getStorageSize();
  if (layout != H5D_CHUNKED) {
    place.need(stored == size, "expected {} bytes, found {}", size, stored);
    return;
  }
  for (int i = 0; i < plan.getNfilters(); ++i) {
    unsigned flags, config;
    size_t values = 0;
    auto filter = H5Pget_filter2(plan.getId(), static_cast<unsigned>(i), &flags, &values, nullptr,
                                 0, nullptr, &config);
    place.need(filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE ||
                   filter == H5Z_FILTER_FLETCHER32,
               "expected deflate or no compression, found HDF5 filter {}",
               static_cast<int>(filter));
  }
  hsize_t chunk[H5S_MAX_RANK];
  int axes = plan.getChunk(H5S_MAX_RANK, chunk);
  uint64_t chunk_size = static_cast<uint64_t>(item);
  bool fits = true;
  for (int i = 0; i < axes; ++i) fits &= !__builtin_mul_overflow(chunk_size, chunk[i], &chunk_size);
  place.need(fits && chunk_size <= kMaxChunk, "chunks of more than {} bytes", kMaxChunk);
  place.need(size / kMostUnpacked <= stored, "expected {} bytes, found {} (compressed)", size,
             stored);
}

// Every step of the path must be a hard link: others may lead to another file.
H5::DataSet open_data_set(const H5::H5File& file, const Place& place) {
  std::string path;
  size_t at = 0;
  while (at < place.data_set.size()) {
    auto end = std::min(place.data_set.find('/', at), place.data_set.size());
    auto part = place.data_set.substr(at, end - at);
    at = end + 1;
    if (part.empty()) continue;
    place.need(part != "." && part != "..", "no such data set");
    path += "/" + part;
    H5L_info2_t link;
    bool there = H5Lexists(file.getId(), path.c_str(), H5P_DEFAULT) > 0 &&
                 H5Lget_info2(file.getId(), path.c_str(), &link, H5P_DEFAULT) >= 0;
    if (!there)
      throw NoSuchDataSet(fmt::format("{}: data set '{}': no such data set", place.file,
                                      printable(place.data_set)));
    place.need(link.type == H5L_TYPE_HARD, "links are not followed");
    H5O_info2_t object;
    place.need(
        H5Oget_info_by_name3(file.getId(), path.c_str(), &object, H5O_INFO_BASIC, H5P_DEFAULT) >= 0,
        "a damaged object");
    auto expected = at < place.data_set.size() ? H5O_TYPE_GROUP : H5O_TYPE_DATASET;
    place.need(object.type == expected, "no such data set");
  }
  place.need(!path.empty(), "no such data set");
  return file.openDataSet(path);
}

// The only data set at the top of the file.
std::string only_data_set(const H5::H5File& file, const Place& place) {
  std::string found;
  for (hsize_t i = 0; i < file.getNumObjs(); ++i) {
    auto name = file.getObjnameByIdx(i);
    H5O_info2_t object;
    H5L_info2_t link;
    if (H5Lget_info2(file.getId(), name.c_str(), &link, H5P_DEFAULT) < 0 ||
        link.type != H5L_TYPE_HARD ||
        H5Oget_info_by_name3(file.getId(), name.c_str(), &object, H5O_INFO_BASIC, H5P_DEFAULT) <
            0 ||
        object.type != H5O_TYPE_DATASET)
      continue;
    place.need(found.empty(), "several data sets ('{}', '{}'): name the one that is meant",
               printable(found), printable(name));
    found = name;
  }
  place.need(!found.empty(), "no data set at the top of the file: name the one that is meant");
  return found;
}

Array read_array(const H5::H5File& file, const Place& place) {
  H5::DataSet set = open_data_set(file, place);
  auto type = type_of(set, place);
  Array array{.kind = type.kind,
              .item_size = type.item_size,
              .big_endian = type.big_endian,
              .shape = {},
              .bytes = {},
              .owner = {}};
  auto space = set.getSpace();
  place.need(space.isSimple() && space.getSimpleExtentType() == H5S_SIMPLE,
             "expected an array, found something else");
  hsize_t lengths[H5S_MAX_RANK];
  int axes = space.getSimpleExtentDims(lengths);
  uint64_t size = static_cast<uint64_t>(type.item_size);
  bool fits = true;
  for (int i = 0; i < axes; ++i) {
    fits &= lengths[i] <= INT64_MAX && !__builtin_mul_overflow(size, lengths[i], &size);
    array.shape.push_back(static_cast<int64_t>(lengths[i]));
  }
  place.need(fits, "impossible shape [{}]", fmt::join(array.shape, ", "));
  check_storage(set, size, type.item_size, place);
  auto bytes = std::make_shared<std::string>(size, '\0');
  // As the type that it is stored in: pooling turns the bytes.
  if (size > 0) set.read(bytes->data(), set.getDataType());
  set_bytes(array, *bytes, place.file);
  array.owner = std::move(bytes);
  return array;
}

}  // namespace

std::unique_lock<std::recursive_mutex> hdf5_lock() {
  static std::recursive_mutex mutex;
  return std::unique_lock(mutex);
}

bool is_hdf5(std::string_view head) {
  // Matlab and others put 512 bytes of their own before the signature.
  return head.starts_with(kSignature) ||
         (head.size() > 512 && head.substr(512).starts_with(kSignature));
}

Array read_hdf5_array(const std::filesystem::path& file, const std::string& data_set) {
  auto lock = hdf5_lock();
  auto name = file.string();
  Place place{name, data_set};
  try {
    H5::Exception::dontPrint();
    H5PLset_loading_state(0);
    H5::H5File in(name, H5F_ACC_RDONLY);
    if (data_set.empty()) place.data_set = only_data_set(in, place);
    return read_array(in, place);
  } catch (const H5::Exception& e) {
    place.need(false, "expected a sound HDF5 file, found a fault: {}", printable(e.getDetailMsg()));
    throw;
  }
}

}  // namespace mma
