#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/files.h"
#include "data/h5.h"
#include "data/pack.h"
#include "data/pack_file.h"
#include "data/pack_layout.h"

namespace mma {
namespace {

constexpr size_t kBufferBytes = 1 << 20;  // rows are gathered to this size before they are written
constexpr hsize_t kChunkNumbers = 1 << 16;

// Turns HDF5's return values into MachineError: what can go wrong in writing is the disk.
struct Guard {
  std::string file;
  template <class Result>
  Result operator()(Result result) const {
    if (result < 0)
      throw MachineError(fmt::format("{}: cannot be written: {}", file, h5::last_error()));
    return result;
  }
};

h5::Id text_type(size_t size) {
  h5::Id type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, std::max<size_t>(size, 1));
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

void put_attribute(const Guard& ok, hid_t owner, const std::string& name, hid_t type,
                   const void* value) {
  h5::Id space(ok(H5Screate(H5S_SCALAR)), H5Sclose);
  h5::Id attribute(ok(H5Acreate2(owner, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT)),
                   H5Aclose);
  ok(H5Awrite(attribute, type, value));
}
void put(const Guard& ok, hid_t owner, const std::string& name, const std::string& text) {
  put_attribute(ok, owner, name, text_type(text.size()), (text + '\0').data());
}
void put(const Guard& ok, hid_t owner, const std::string& name, int64_t number) {
  put_attribute(ok, owner, name, H5T_NATIVE_INT64, &number);
}

// A data set that is written row by row; `rows` unknown (-1) makes it grow.
class RowsWriter {
 public:
  RowsWriter(const Guard& ok, hid_t group, const std::string& name, hid_t file_type,
             hid_t memory_type, int64_t rows, int64_t width, bool vector)
      : ok_(ok),
        type_(memory_type),
        vector_(vector),
        grows_(rows < 0),
        width_(static_cast<hsize_t>(width)),
        row_bytes_(H5Tget_size(memory_type) * static_cast<size_t>(width)) {
    hsize_t sides[2] = {grows_ ? 0 : static_cast<hsize_t>(rows), width_};
    hsize_t most[2] = {grows_ ? H5S_UNLIMITED : sides[0], width_};
    h5::Id space(ok_(H5Screate_simple(vector ? 1 : 2, sides, most)), H5Sclose);
    h5::Id made(ok_(H5Pcreate(H5P_DATASET_CREATE)), H5Pclose);
    H5Pset_obj_track_times(made, false);  // the same input gives the same bytes
    if (grows_) {
      H5Pset_chunk(made, 1, &kChunkNumbers);
      H5Pset_fill_time(made, H5D_FILL_TIME_ALLOC);  // the rest of the last chunk
    } else {
      H5Pset_fill_time(made, H5D_FILL_TIME_NEVER);  // every row is written
    }
    data_ = h5::Id(
        ok_(H5Dcreate2(group, name.c_str(), file_type, space, H5P_DEFAULT, made, H5P_DEFAULT)),
        H5Dclose);
  }
  void add(const void* rows, size_t count) {
    auto bytes = static_cast<const char*>(rows);
    buffer_.insert(buffer_.end(), bytes, bytes + count * row_bytes_);
    if (buffer_.size() >= kBufferBytes) flush();
  }
  void flush() {
    if (buffer_.empty()) return;
    hash_.add(buffer_.data(), buffer_.size());
    hsize_t start[2] = {written_, 0}, count[2] = {buffer_.size() / row_bytes_, width_};
    hsize_t total = written_ + count[0];
    if (grows_) ok_(H5Dset_extent(data_, &total));
    h5::Id file(ok_(H5Dget_space(data_)), H5Sclose);
    h5::Id memory(ok_(H5Screate_simple(vector_ ? 1 : 2, count, nullptr)), H5Sclose);
    ok_(H5Sselect_hyperslab(file, H5S_SELECT_SET, start, nullptr, count, nullptr));
    ok_(H5Dwrite(data_, type_, memory, file, H5P_DEFAULT, buffer_.data()));
    written_ = total;
    buffer_.clear();
  }
  // Flushes, records the hash and closes.
  void finish() {
    flush();
    put(ok_, data_, layout::kHash, hash_.hex());
    ok_(data_.close() ? 0 : -1);
  }
  hid_t id() const { return data_; }

 private:
  const Guard& ok_;
  hid_t type_;
  bool vector_, grows_;
  hsize_t width_, written_ = 0;
  size_t row_bytes_;
  std::vector<char> buffer_;
  Sha256 hash_;
  h5::Id data_;
};

template <class T>
RowsWriter table(const Guard& ok, hid_t group, const std::string& name, int64_t rows,
                 int64_t width) {
  return RowsWriter(ok, group, name, h5::Type<T>::file(), h5::Type<T>::memory(), rows, width,
                    false);
}
template <class T>
RowsWriter column(const Guard& ok, hid_t group, const std::string& name, int64_t rows) {
  return RowsWriter(ok, group, name, h5::Type<T>::file(), h5::Type<T>::memory(), rows, 1, true);
}

// Texts are held until all are known, since their common length comes first.
void write_texts(const Guard& ok, hid_t group, const std::string& name,
                 const std::vector<std::string>& texts) {
  size_t longest = 1;
  for (auto& text : texts) longest = std::max(longest, text.size());
  check(longest <= layout::kMaxNameBytes, "pack: {}: a name of {} bytes, expected at most {}", name,
        longest, layout::kMaxNameBytes);
  auto type = text_type(longest);
  RowsWriter rows(ok, group, name, type, type, static_cast<int64_t>(texts.size()), 1, true);
  std::string cell;
  for (auto& text : texts) {
    cell.assign(text).resize(longest, '\0');
    rows.add(cell.data(), 1);
  }
  rows.finish();
}

h5::Id make_group(const Guard& ok, hid_t parent, const std::string& name) {
  h5::Id made(ok(H5Pcreate(H5P_GROUP_CREATE)), H5Pclose);
  H5Pset_obj_track_times(made, false);
  return {ok(H5Gcreate2(parent, name.c_str(), H5P_DEFAULT, made, H5P_DEFAULT)), H5Gclose};
}

// A split under construction.
struct SplitWriter {
  struct Modality {
    RowsWriter values, present;
  };
  SplitWriter(const Guard& ok, hid_t file, const PackInfo& info, std::string split, int64_t count,
              int64_t dropped)
      : ok(ok),
        info(info),
        name(std::move(split)),
        count(count),
        dropped(dropped),
        real(!info.labels.empty() && traits_of(info.label_kind).real),
        group(make_group(ok, file, name)),
        text(info.has_text() ? make_group(ok, group, "text") : h5::Id()) {
    if (info.has_text()) {
      values.emplace(column<int32_t>(ok, text, "values", -1));
      offsets.emplace(column<int64_t>(ok, text, "offsets", count + 1));
      offsets->add(&end, 1);
    }
    if (!info.labels.empty())
      labels.emplace(
          (real ? table<float> : table<uint8_t>)(ok, group, "labels", count,
                                                 static_cast<int64_t>(info.labels.size())));
    for (auto& m : info.modalities) {
      modalities.push_back(
          {(m.half ? table<Half> : table<float>)(ok, group, m.name, count, m.width()),
           column<uint8_t>(ok, group, m.name + "_present", count)});
      put(ok, modalities.back().values.id(), "dim", m.dim);
      put(ok, modalities.back().values.id(), "segments", m.segments);
      put(ok, modalities.back().values.id(), "source", m.source);
    }
  }

  void add(const Sample& sample) {
    const size_t classes = real ? 0 : info.labels.size(), targets = real ? info.labels.size() : 0;
    check(sample.labels.size() == classes && sample.targets.size() == targets &&
              sample.features.size() == info.modalities.size(),
          "pack: {}: {} labels, {} targets and {} features, expected {}, {} and {}", sample.id,
          sample.labels.size(), sample.targets.size(), sample.features.size(), classes, targets,
          info.modalities.size());
    check(static_cast<int64_t>(ids.size()) < count, "pack: {}: more than {} samples", name, count);
    ids.push_back(sample.id);
    if (labels) {
      const void* row = sample.labels.data();
      labels->add(real ? sample.targets.data() : row, 1);
    }
    check(info.has_text() || sample.tokens.empty(), "pack: {}: {} tokens in a pack without texts",
          sample.id, sample.tokens.size());
    if (values) {
      values->add(sample.tokens.data(), sample.tokens.size());
      end += static_cast<int64_t>(sample.tokens.size());
      offsets->add(&end, 1);
    }
    truncated += sample.truncated;
    for (size_t m = 0; m < modalities.size(); ++m) add_features(m, sample);
  }
  void add_features(size_t m, const Sample& sample) {
    auto width = static_cast<size_t>(info.modalities[m].width());
    auto& row = sample.features[m];
    uint8_t present = !row.empty();
    check(!present || row.size() == width, "pack: {}: {} has {} numbers, expected {}", sample.id,
          info.modalities[m].name, row.size(), width);
    if (!present) zeros.assign(width, 0.0f);
    auto* numbers = present ? row.data() : zeros.data();
    if (info.modalities[m].half) {
      halves.clear();
      for (size_t k = 0; k < width; ++k) {
        halves.push_back(to_half(numbers[k]));
        check(halves.back().finite(), "pack: {}: {}: {} is beyond float16", sample.id,
              info.modalities[m].name, numbers[k]);
      }
      modalities[m].values.add(halves.data(), 1);
    } else {
      modalities[m].values.add(numbers, 1);
    }
    modalities[m].present.add(&present, 1);
  }
  void finish() {
    check(static_cast<int64_t>(ids.size()) == count, "pack: {}: {} samples, expected {}", name,
          ids.size(), count);
    write_texts(ok, group, "id", ids);
    if (labels) labels->finish();
    for (auto* rows : {&values, &offsets})
      if (*rows) (*rows)->finish();
    for (auto& m : modalities) {
      m.values.finish();
      m.present.finish();
    }
    put(ok, group, "truncated", truncated);
    put(ok, group, "dropped", dropped);
    ok(text.close() && group.close() ? 0 : -1);
  }

  const Guard& ok;
  const PackInfo& info;
  std::string name;
  int64_t count, dropped, truncated = 0, end = 0;
  bool real;
  h5::Id group, text;
  std::optional<RowsWriter> labels, values, offsets;
  std::vector<Modality> modalities;
  std::vector<std::string> ids;
  std::vector<float> zeros;
  std::vector<Half> halves;
};

}  // namespace

struct PackWriter::Impl {
  Impl(const std::filesystem::path& name, const PackInfo& what)
      : temporary(name), info(what), ok{name.string()} {
    h5::initialise();
    h5::Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
    H5Pset_file_locking(access, false, true);
    // The format of HDF5 1.10: its metadata carry checksums.
    H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110);
    h5::Id made(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
    H5Pset_obj_track_times(made, false);
    file = h5::Id(ok(H5Fcreate(temporary.path().c_str(), H5F_ACC_TRUNC, made, access)), H5Fclose);
    // As long as it is written, for remove_abandoned(); where there are no locks, none is removed.
    ::flock(descriptor(), LOCK_EX | LOCK_NB);
  }
  int descriptor() const {
    void* handle = nullptr;
    ok(H5Fget_vfd_handle(file, H5P_DEFAULT, &handle));
    return *static_cast<int*>(handle);
  }
  TemporaryFile temporary;
  PackInfo info;
  Guard ok;
  h5::Id file;
  std::optional<SplitWriter> split;
  std::vector<std::string> splits;
};

PackWriter::PackWriter(const std::filesystem::path& file, const PackInfo& info,
                       const std::optional<PackPart>& part) {
  auto lock = hdf5_lock();
  impl_ = std::make_unique<Impl>(file, info);
  auto& ok = impl_->ok;
  hid_t root = impl_->file;
  put(ok, root, "format", part ? layout::kPartFormat : layout::kFormat);
  if (part) {
    put(ok, root, "part", part->shard.number);
    put(ok, root, "parts", part->shard.count);
    put(ok, root, "part_of", part->whole);
  }
  const bool real = !info.labels.empty() && traits_of(info.label_kind).real;
  put(ok, root, "version", real ? layout::kVersionOfTargets : layout::kVersion);
  put(ok, root, "name", info.name);
  put(ok, root, "label_kind", info.labels.empty() ? layout::kNoLabels : name_of(info.label_kind));
  put(ok, root, "tokenizer_kind", info.has_text() ? info.tokenizer_kind : layout::kNoText);
  put(ok, root, "tokenizer_sha256", info.tokenizer_hash);
  put(ok, root, "vocabulary_size", info.vocabulary_size);
  put(ok, root, "max_length", info.max_length);
  std::vector<std::string> names;
  for (auto& modality : info.modalities) names.push_back(modality.name);
  put(ok, root, "modalities", layout::join_names(names));
  if (info.labels.empty()) return;
  auto labels = make_group(ok, root, "labels");
  write_texts(ok, labels, "names", info.labels);
}

PackWriter::~PackWriter() {
  auto lock = hdf5_lock();
  impl_.reset();
}

void PackWriter::begin_split(const std::string& split, int64_t count, int64_t dropped) {
  auto lock = hdf5_lock();
  if (impl_->split) impl_->split->finish();
  impl_->splits.push_back(split);
  impl_->split.reset();
  impl_->split.emplace(impl_->ok, impl_->file, impl_->info, split, count, dropped);
}

void PackWriter::add(const Sample& sample) {
  auto lock = hdf5_lock();
  check(impl_->split.has_value(), "pack: begin_split comes first");
  impl_->split->add(sample);
}

void PackWriter::finish() {
  auto lock = hdf5_lock();
  if (impl_->split) impl_->split->finish();
  impl_->split.reset();
  auto& ok = impl_->ok;
  put(ok, impl_->file, "splits", layout::join_names(impl_->splits));
  ok(H5Fflush(impl_->file, H5F_SCOPE_GLOBAL));
  // The same open file: closing writes once more, and what the system could not keep shows here.
  Descriptor written(::dup(impl_->descriptor()));
  ok(impl_->file.close() ? 0 : -1);
  impl_->temporary.commit(std::move(written));
}

}  // namespace mma
