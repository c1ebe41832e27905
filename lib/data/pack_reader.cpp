#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/names.h"
#include "base/utf8.h"
#include "data/h5.h"
#include "data/pack.h"
#include "data/pack_file.h"
#include "data/pack_layout.h"
#include "data/row_file.h"
#include "data/split_checks.h"

namespace mma {
namespace {

constexpr int64_t kMaxWidth = int64_t{1} << 32;

void check_hash(const h5::Reader& file, const std::string& name, const void* bytes, size_t size) {
  std::string_view all(static_cast<const char*>(bytes), size);
  if (sha256(all) != file.text(name, layout::kHash))
    file.fail(
        name,
        "the bytes are not those that were written (SHA-256 differs); run mma-prep build again");
}

template <class T>
std::vector<T> read_checked(const h5::Reader& file, const std::string& name,
                            const std::vector<int64_t>& shape) {
  auto values = file.read<T>(name, shape);
  check_hash(file, name, values.data(), values.size() * sizeof(T));
  return values;
}

// A data set's numbers: held and compared with their hash where they fit.
template <class T>
StoredNumbers<T> read_rows(const h5::Reader& file, const std::string& name,
                           const std::vector<int64_t>& shape, RowBudget& budget,
                           const std::shared_ptr<const RowFile>& rows) {
  if (budget.take(file.bytes<T>(name, shape))) return read_checked<T>(file, name, shape);
  return {std::make_shared<const FileNumbers<T>>(rows, file.extents(name, sizeof(T)))};
}

StoredNumbers<float> read_vectors(const h5::Reader& file, const std::string& name,
                                  const std::vector<int64_t>& shape, bool half, RowBudget& budget,
                                  const std::shared_ptr<const RowFile>& rows) {
  if (!half) return read_rows<float>(file, name, shape, budget, rows);
  if (!budget.take(2 * file.bytes<Half>(name, shape)))
    return {std::make_shared<const HalfNumbers>(rows, file.extents(name, sizeof(Half)))};
  const auto halves = read_checked<Half>(file, name, shape);
  std::vector<float> values;
  values.reserve(halves.size());
  for (auto value : halves) values.push_back(static_cast<float>(value));
  return {std::move(values)};
}

// Ids or labels: they are printed and written as JSON.
std::vector<std::string> read_names(const h5::Reader& file, const std::string& name) {
  std::string bytes;
  auto texts = file.read_texts(name, bytes);
  check_hash(file, name, bytes.data(), bytes.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() > layout::kMaxNameBytes)
      file.fail(name, fmt::format("row {}: {} bytes, expected at most {}", i, texts[i].size(),
                                  layout::kMaxNameBytes));
    if (!valid_utf8(texts[i]))
      file.fail(name, fmt::format("row {}: expected UTF-8, found '{}'", i, printable(texts[i])));
  }
  return texts;
}

std::string read_attribute(const h5::Reader& file, const std::string& object,
                           const std::string& name) {
  auto text = file.text(object, name);
  if (!valid_utf8(text))
    file.fail(object,
              fmt::format("attribute '{}': expected UTF-8, found '{}'", name, printable(text)));
  return text;
}

void forget_text(PackInfo& info) {
  info.tokenizer_kind = info.tokenizer_hash = "";
  info.vocabulary_size = info.max_length = 0;
}

ModalityInfo read_modality_info(const h5::Reader& file, const std::string& split,
                                const std::string& name) {
  auto path = split + "/" + name;
  ModalityInfo info{name, file.number(path, "dim"), file.number(path, "segments"),
                    read_attribute(file, path, "source"), file.holds<Half>(path)};
  bool sane = info.dim > 0 && info.segments > 0 && info.dim < kMaxWidth &&
              info.segments < kMaxWidth / info.dim;
  if (!sane)
    file.fail(path,
              fmt::format("an impossible width: dim {}, segments {}", info.dim, info.segments));
  return info;
}

}  // namespace

struct Pack::Impl {
  Impl(const std::filesystem::path& name, Pack::Kind kind)
      : file(name),
        path(name),
        kind(kind),
        rows(std::make_shared<const RowFile>(name.string(), file.descriptor())) {}

  void read_info() {
    check_kind();
    if (kind == Pack::Kind::kWhole && file.text("", "format") != layout::kFormat)
      file.fail("", fmt::format("expected a pack of mma-prep, found the format '{}'",
                                printable(file.text("", "format"))));
    const auto version = file.number("", "version");
    if (version != layout::kVersion && version != layout::kVersionOfTargets)
      file.fail("",
                fmt::format("{} version {}, this build reads versions {} and {}; run mma-prep "
                            "build again",
                            layout::kFormat, version, layout::kVersion, layout::kVersionOfTargets));
    info.name = read_attribute(file, "", "name");
    auto kind = file.text("", "label_kind");
    auto kinds = names_of(label_kinds());
    kinds.push_back(layout::kNoLabels);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
      file.fail("", "label_kind: " + unknown_name("kind", kind, kinds));
    if (kind != layout::kNoLabels) info.label_kind = pick(label_kinds(), "kind", kind).kind;
    if (traits_of(info.label_kind).real != (version == layout::kVersionOfTargets))
      file.fail("", fmt::format("label_kind {} does not belong to {} version {}", kind,
                                layout::kFormat, version));
    info.tokenizer_kind = read_attribute(file, "", "tokenizer_kind");
    info.tokenizer_hash = read_attribute(file, "", "tokenizer_sha256");
    info.vocabulary_size = file.number("", "vocabulary_size");
    info.max_length = file.number("", "max_length");
    if (info.tokenizer_kind == layout::kNoText)
      forget_text(info);
    else if (info.vocabulary_size <= 0 || info.vocabulary_size > INT32_MAX || info.max_length <= 0)
      file.fail("", fmt::format("impossible numbers: vocabulary_size {}, max_length {}",
                                info.vocabulary_size, info.max_length));
    if (kind != layout::kNoLabels) {
      info.labels = read_names(file, "labels/names");
      std::set<std::string> different(info.labels.begin(), info.labels.end());
      if (info.labels.empty() || different.size() != info.labels.size() || different.count(""))
        file.fail("labels/names", "expected different names, at least one");
    }
    splits = layout::split_names(read_attribute(file, "", "splits"));
    if (splits.empty()) file.fail("", "expected at least one split");
    for (auto& modality : layout::split_names(read_attribute(file, "", "modalities")))
      info.modalities.push_back(read_modality_info(file, splits.front(), modality));
  }
  // Shapes of all splits, so that a pack that does not fit itself is found before the first epoch.
  void check_shapes() const {
    for (auto& split : splits) {
      auto rows = file.shape(split + "/id");
      auto expect = [&](const std::string& name, const std::vector<int64_t>& shape) {
        auto found = file.shape(split + "/" + name);
        if (found != shape)
          file.fail(split + "/" + name,
                    fmt::format("expected the shape [{}], found [{}]", fmt::join(shape, ", "),
                                fmt::join(found, ", ")));
      };
      if (rows.size() != 1 || rows[0] < (kind == Pack::Kind::kPart ? 0 : 1))
        file.fail(split + "/id", "expected one axis and at least one sample");
      if (!info.labels.empty())
        expect("labels", {rows[0], static_cast<int64_t>(info.labels.size())});
      if (info.has_text()) expect("text/offsets", {rows[0] + 1});
      for (auto& m : info.modalities) {
        auto here = read_modality_info(file, split, m.name);
        if (here.half != m.half)
          file.fail(split + "/" + m.name,
                    fmt::format("numbers of another type than in {}", splits.front()));
        if (here.dim != m.dim || here.segments != m.segments)
          file.fail(split + "/" + m.name,
                    fmt::format("width {} x {}, but {} x {} in {}", here.segments, here.dim,
                                m.segments, m.dim, splits.front()));
        expect(m.name, {rows[0], m.width()});
        expect(m.name + "_present", {rows[0]});
      }
    }
  }

  // That a part is not taken for a pack, and the other way round.
  void check_kind() const {
    const auto format = file.text("", "format");
    if (kind == Pack::Kind::kWhole && format == layout::kPartFormat)
      file.fail("", fmt::format("part {} of a pack: join the parts with mma-prep merge",
                                part().shard.text()));
    if (kind == Pack::Kind::kPart && format != layout::kPartFormat)
      file.fail("",
                format == layout::kFormat
                    ? "expected a part of a pack (mma-prep build --shard), found a whole one"
                    : fmt::format("expected a part of a pack of mma-prep, found the format '{}'",
                                  printable(format)));
  }
  PackPart part() const {
    const Shard shard{file.number("", "part"), file.number("", "parts")};
    if (shard.number < 1 || shard.number > shard.count || shard.count > Shard::kMost)
      file.fail("", fmt::format("impossible part {}", shard.text()));
    return {shard, read_attribute(file, "", "part_of")};
  }

  h5::Reader file;
  std::filesystem::path path;
  Pack::Kind kind;
  std::shared_ptr<const RowFile> rows;
  PackInfo info;
  std::vector<std::string> splits;
};

bool is_pack(const std::filesystem::path& file) {
  auto lock = hdf5_lock();
  try {
    const auto format = h5::Reader(file).text("", "format");
    return format == layout::kFormat || format == layout::kPartFormat;
  } catch (const UserError&) {
    return false;
  }
}

Pack::Pack(const std::filesystem::path& file, Kind kind) {
  auto lock = hdf5_lock();
  impl_ = std::make_unique<Impl>(file, kind);
  impl_->read_info();
  impl_->check_shapes();
}

Pack::~Pack() {
  auto lock = hdf5_lock();
  impl_.reset();
}

PackPart Pack::part() const {
  auto lock = hdf5_lock();
  return impl_->part();
}

const PackInfo& Pack::info() const { return impl_->info; }

std::vector<std::string> Pack::splits() const { return impl_->splits; }

const ModalityInfo& Pack::modality(const std::string& name) const {
  std::vector<std::string> known;
  for (auto& modality : impl_->info.modalities) {
    if (modality.name == name) return modality;
    known.push_back(modality.name);
  }
  throw UserError(
      fmt::format("{}: {}", impl_->path.string(), unknown_name("modality", name, known)));
}

std::vector<uint8_t> Pack::present(const std::string& split, const std::string& modality) const {
  auto lock = hdf5_lock();
  auto rows = impl_->file.shape(split + "/id");
  auto name = split + "/" + modality + "_present";
  auto present = read_checked<uint8_t>(impl_->file, name, rows);
  check_zero_one(impl_->file, name, present);
  return present;
}

Split Pack::read(const std::string& name, const std::vector<std::string>& modalities,
                 RowBudget& budget) const {
  auto lock = hdf5_lock();
  auto& file = impl_->file;
  auto& splits = impl_->splits;
  if (std::find(splits.begin(), splits.end(), name) == splits.end())
    throw UserError(
        fmt::format("{}: {}", impl_->path.string(), unknown_name("split", name, splits)));
  Split split;
  split.where = file.where(name);
  split.vocabulary_size = impl_->info.vocabulary_size;
  split.ids = read_names(file, name + "/id");
  std::vector<std::string_view> sorted(split.ids.begin(), split.ids.end());
  std::sort(sorted.begin(), sorted.end());
  if (std::count(sorted.begin(), sorted.end(), "") > 0 ||
      std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    file.fail(name + "/id", "expected different ids, none empty");
  if (!impl_->info.labels.empty()) {
    const std::vector<int64_t> shape{split.size(), std::ssize(impl_->info.labels)};
    if (traits_of(impl_->info.label_kind).real)
      split.targets = read_checked<float>(file, name + "/labels", shape);
    else
      split.labels = read_checked<uint8_t>(file, name + "/labels", shape);
    check_labels(file, name + "/labels", split, impl_->info);
  }
  split.offsets.assign(split.ids.size() + 1, 0);
  // Which are held does not depend on the order in which the modalities are named.
  std::vector<std::pair<int64_t, std::string>> data_sets;
  const auto text = name + "/text/values";
  std::vector<int64_t> tokens;
  if (impl_->info.has_text()) {
    split.offsets = read_checked<int64_t>(file, name + "/text/offsets", {split.size() + 1});
    tokens = file.shape(text);
    if (tokens.size() != 1) file.fail(text, "expected one axis");
    check_offsets(file, name + "/text/offsets", split, tokens[0], impl_->info.max_length);
    data_sets.emplace_back(tokens[0], "");
  }
  for (auto& modality : modalities) {
    auto& rows = split.modalities[modality];
    rows.width = this->modality(modality).width();
    rows.present = present(name, modality);
    data_sets.emplace_back(split.size() * rows.width, modality);
  }
  std::sort(data_sets.begin(), data_sets.end());
  for (auto& [numbers, modality] : data_sets) {
    if (modality.empty()) {
      split.tokens = read_rows<int32_t>(file, text, tokens, budget, impl_->rows);
    } else {
      auto& rows = split.modalities[modality];
      rows.values = read_vectors(file, name + "/" + modality, {split.size(), rows.width},
                                 this->modality(modality).half, budget, impl_->rows);
    }
  }
  check_held(split);
  split.truncated = file.number(name, "truncated");
  split.dropped = file.number(name, "dropped");
  return split;
}

}  // namespace mma
