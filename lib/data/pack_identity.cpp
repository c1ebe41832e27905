#include "data/pack_identity.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "data/pack.h"
#include "data/pack_file.h"
#include "data/pack_layout.h"
#include "data/row_file.h"

namespace mma {
namespace {

constexpr int64_t kWindowBytes = 4 << 20;  // in memory at once, of a data set

// The data sets of a split that are read with it, and those that may be read row by row.
std::vector<std::string> small_data_sets(const PackInfo& info, const std::string& split) {
  std::vector<std::string> all{split + "/id"};
  if (info.has_text()) all.push_back(split + "/text/offsets");
  if (!info.labels.empty()) all.push_back(split + "/labels");
  for (auto& modality : info.modalities) all.push_back(split + "/" + modality.name + "_present");
  return all;
}
std::vector<std::string> large_data_sets(const PackInfo& info, const std::string& split) {
  std::vector<std::string> all;
  if (info.has_text()) all.push_back(split + "/text/values");
  for (auto& modality : info.modalities) all.push_back(split + "/" + modality.name);
  return all;
}

std::string data_set_line(const h5::Reader& file, const std::string& name) {
  return fmt::format("{} [{}] {}\n", name, fmt::join(file.shape(name), ", "),
                     file.text(name, layout::kHash));
}

// Compares the bytes of a data set, some at a time, with its SHA-256.
void verify_bytes(const h5::Reader& file, const RowFile& rows, const std::string& name,
                  int64_t number_bytes) {
  const auto extents = file.extents(name, static_cast<size_t>(number_bytes));
  Sha256 hash;
  std::vector<char> window;
  const int64_t numbers = extents.back().first + extents.back().count;
  for (int64_t begin = 0; begin < numbers; begin += kWindowBytes / number_bytes) {
    stop_if_asked();
    const int64_t count = std::min(kWindowBytes / number_bytes, numbers - begin);
    window.resize(static_cast<size_t>(count * number_bytes));
    rows.gather(extents, {{begin, count}}, static_cast<size_t>(number_bytes), window.data());
    hash.add(window.data(), window.size());
  }
  if (hash.hex() != file.text(name, layout::kHash))
    file.fail(name, "the bytes are not those that were written (SHA-256 differs)");
}

// Checks all token ids and vectors, some samples at a time.
void verify_numbers(const Split& split) {
  int64_t width = 1 + split.token_count() / split.size();
  for (auto& [name, rows] : split.modalities) width += rows.width;
  const int64_t most = std::max<int64_t>(1, kWindowBytes / 4 / width);
  for (int64_t begin = 0; begin < split.size(); begin += most) {
    stop_if_asked();
    std::vector<int64_t> samples(static_cast<size_t>(std::min(most, split.size() - begin)));
    std::iota(samples.begin(), samples.end(), begin);
    read_tokens(split, samples);
    for (auto& [name, rows] : split.modalities) read_vectors(split, name, samples);
  }
}

}  // namespace

std::string pack_identity(const std::filesystem::path& path) {
  const Pack pack(path);
  auto lock = hdf5_lock();
  const h5::Reader file(path);
  auto& info = pack.info();
  auto lines =
      fmt::format("mma-data {} {} {} {} {} {} {}\n", file.number("", "version"), sha256(info.name),
                  file.text("", "label_kind"), sha256(info.tokenizer_kind),
                  sha256(info.tokenizer_hash), info.vocabulary_size, info.max_length);
  if (!info.labels.empty()) lines += data_set_line(file, "labels/names");
  for (auto& m : info.modalities)
    lines += fmt::format("{} {} {} {} {}\n", m.name, m.dim, m.segments, m.half ? "f16" : "f32",
                         sha256(m.source));
  for (auto& split : pack.splits()) {
    lines += fmt::format("{} {} {}\n", split, file.number(split, "truncated"),
                         file.number(split, "dropped"));
    for (auto& name : small_data_sets(info, split)) lines += data_set_line(file, name);
    for (auto& name : large_data_sets(info, split)) lines += data_set_line(file, name);
  }
  return sha256(lines);
}

bool is_hash_of_pack(const std::string& hash, const std::filesystem::path& file,
                     const std::string& identity) {
  return hash == identity || hash == sha256_file(file, stop_if_asked);
}

std::string verify_pack(const std::filesystem::path& path) {
  const Pack pack(path);
  auto& info = pack.info();
  Faults faults;
  auto collect = [&](auto work) {
    try {
      work();
    } catch (const UserError& e) {
      faults.add("data set", e.what());
    }
  };
  int64_t samples = 0;
  size_t data_sets = !info.labels.empty();
  for (auto& name : pack.splits()) {
    auto lock = hdf5_lock();
    const h5::Reader file(path);
    const RowFile rows(path.string(), file.descriptor());
    for (auto& large : large_data_sets(info, name)) {
      const bool half = std::any_of(info.modalities.begin(), info.modalities.end(), [&](auto& m) {
        return m.half && large == name + "/" + m.name;
      });
      collect([&] { verify_bytes(file, rows, large, half ? 2 : 4); });
    }
    collect([&] {
      RowBudget none(0);
      const auto split = pack.read(name, info.modality_names(), none);
      samples += split.size();
      verify_numbers(split);
    });
    data_sets += small_data_sets(info, name).size() + large_data_sets(info, name).size();
  }
  faults.raise();
  return fmt::format("{}: {} samples, {} data sets: as they were written; identity {}\n",
                     escape_controls(path.string()), samples, data_sets, pack_identity(path));
}

}  // namespace mma
