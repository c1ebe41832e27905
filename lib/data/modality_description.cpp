#include "data/modality_description.h"

#include <algorithm>

#include "base/names.h"

namespace mma {
namespace {

constexpr int64_t kMaxDim = 1 << 24;
constexpr int64_t kMaxSegments = 4096;

// What follows "{" up to "}" must be a known placeholder, or a file would be sought by that name.
// Tells the first that is not.
void check_pattern(Fields& f, const char* key, const std::string& pattern, const Names& known) {
  for (size_t at = 0; (at = pattern.find('{', at)) != std::string::npos; ++at) {
    auto end = pattern.find('}', at);
    auto word = pattern.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    if (end == std::string::npos || std::find(known.begin(), known.end(), word) == known.end())
      return f.fault(key, unknown_name("placeholder", word, known));
  }
}

bool has(const std::string& pattern, const char* placeholder) {
  return pattern.find(placeholder) != std::string::npos;
}

}  // namespace

const Names& known_splits() {
  static const Names names{"train", "dev", "test", "new"};
  return names;
}

bool is_split(const std::string& name) {
  auto& known = known_splits();
  return std::find(known.begin(), known.end(), name) != known.end();
}

void ModalityDescription::fields(Fields& f) {
  f.field("path", path, "a sample's file under the root, with {id} and {split}");
  f.field("matrix", matrix, "a file that holds all samples of a split as rows, with {split}");
  f.field("index", index, "which row is whose: pickled dict or list, .json, HDF5, or a line an id");
  f.field("index_data_set", index_data_set,
          "ids in an HDF5 file, one a row: the index's data set, or one of the matrix's own file");
  f.field("row_field", row_field, "instead of index: the table's column with the row number");
  f.field("rows", rows, "table: row i of the matrix belongs to row i of the split's table",
          {"index", "table"});
  f.field("data_set", data_set, "data set inside an HDF5 file, with {id} and {split}");
  f.field("split_names", split_names, "what {split} stands for, as in {dev: val}");
  f.field("dim", dim, "width of one vector", {0, static_cast<double>(kMaxDim)});
  f.field("pool", pool, "how a sequence becomes vectors", {"mean", "segments"});
  f.field("segments", segments, "vectors a sample, with pool: segments",
          {1, static_cast<double>(kMaxSegments)});
  f.field("time_axis", time_axis,
          "first: [T, dim]; last: [dim, T] or [clips, dim, T], as spectrograms are",
          {"first", "last"});
  f.field("store", store,
          "float32, or float16 in half the space; empty: as the description's store",
          {"", "float32", "float16"});
  f.field("clips", clips, "with time_axis: last, the first clips that count; 0: all", {0, 1e6});
  if (clips != 0 && time_axis == "first") f.fault("clips", "belongs to time_axis: last");
  if (segments != 1 && time_axis == "last") f.fault("segments", "belongs to time_axis: first");
  const char* first = path.empty() ? "matrix" : "path";
  if (path.empty() == matrix.empty()) return f.fault(first, "expected one of path and matrix");
  if (dim == 0) f.fault("dim", "missing, and it has no default");
  if (pool == "segments" && segments == 1)
    f.fault("pool", "expected `segments: K` beside it, K 2 or more");
  if (segments != 1) pool = "segments";
  for (auto& [split, name] : split_names)
    if (!is_split(split)) f.fault("split_names", unknown_name("split", split, known_splits()));
  if (!path.empty()) {
    check_pattern(f, "path", path, {"id", "split"});
    check_pattern(f, "data_set", data_set, {"id", "split"});
    if (!has(path, "{id}") && !has(data_set, "{id}"))
      f.fault("path", "the same file for every sample: {id} is missing");
    if (!index.empty()) f.fault("index", "belongs to a matrix");
    if (!index_data_set.empty()) f.fault("index_data_set", "belongs to a matrix");
    if (in_table_order()) f.fault("rows", "belongs to a matrix");
    if (!row_field.empty()) f.fault("row_field", "belongs to a matrix");
  } else {
    check_pattern(f, "matrix", matrix, {"split"});
    check_pattern(f, "index", index, {"split"});
    check_pattern(f, "data_set", data_set, {"split"});
    check_pattern(f, "index_data_set", index_data_set, {"split"});
    const bool ids = !index.empty() || !index_data_set.empty();
    if (ids + !row_field.empty() + in_table_order() != 1)
      f.fault("matrix", "expected one of index, row_field and `rows: table`");
    if (segments != 1) f.fault("segments", "a matrix holds one vector a sample");
    if (time_axis == "last") f.fault("time_axis", "a matrix has no time");
  }
}

std::string ModalityDescription::source() const {
  auto file = is_matrix() ? matrix : path;
  return data_set.empty() ? file : file + ":" + data_set;
}

std::string ModalityDescription::expand(const std::string& pattern, const std::string& split,
                                        const std::string& id) const {
  auto name = std::find_if(split_names.begin(), split_names.end(),
                           [&](auto& s) { return s.first == split; });
  std::string text;
  for (size_t at = 0; at < pattern.size();) {
    auto rest = std::string_view(pattern).substr(at);
    if (rest.starts_with("{id}")) {
      text += id;
      at += 4;
    } else if (rest.starts_with("{split}")) {
      text += name == split_names.end() ? split : name->second;
      at += 7;
    } else {
      text += pattern[at++];
    }
  }
  return text;
}

}  // namespace mma
