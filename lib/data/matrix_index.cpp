#include <unordered_set>

#include "base/error.h"
#include "base/files.h"
#include "base/json_file.h"
#include "base/utf8.h"
#include "data/feature_file.h"
#include "data/hdf5_file.h"
#include "data/hdf5_ids.h"
#include "data/line_reader.h"
#include "data/numbers.h"
#include "data/numpy_pickle.h"

namespace mma {
namespace {

using Kind = PickleValue::Kind;
using MatrixRows = std::vector<MatrixRow>;
constexpr int64_t kNoRow = -1;

std::string id_text(const PickleValue& value, const std::string& name) {
  check_input(value.is_string() || value.is(Kind::kInt),
              "{}: expected ids of text, found something else", name);
  return value.is_string() ? std::string(value.text) : std::to_string(value.integer);
}

int64_t row_number(const PickleValue& value, const std::string& name) {
  if (value.is(Kind::kInt)) return value.integer;
  auto scalar = numpy_scalar(value, name);
  check_input(scalar && (scalar->kind == 'i' || scalar->kind == 'u'),
              "{}: expected a row number for each id, found something else", name);
  auto number = with_numbers(*scalar, [&](auto at) { return at.get(scalar->bytes.data(), 0); });
  return number >= 0 && number < 0x1p53 ? static_cast<int64_t>(number) : kNoRow;
}

MatrixRows from_pickle(const std::filesystem::path& file, const std::string& name) {
  auto bytes = read_file(file);
  Pickle pickle(bytes, name, numpy_pickle_options());
  auto& root = pickle.root();
  MatrixRows rows;
  if (root.is(Kind::kDict)) {
    for (size_t i = 0; i < root.items.size(); i += 2)
      rows.push_back({id_text(*root.items[i], name), row_number(*root.items[i + 1], name)});
    return rows;
  }
  check_input(root.is_sequence(),
              "{}: expected a dict id -> row or a list of ids, found something else", name);
  for (auto* id : root.items)
    rows.push_back({id_text(*id, name), static_cast<int64_t>(rows.size())});
  return rows;
}

MatrixRows from_json(const std::filesystem::path& file, const std::string& name) {
  auto root = parse_json<nlohmann::json>(read_file(file), name,
                                         "an object id -> row or a list of ids", /*max_depth=*/1);
  MatrixRows rows;
  for (auto& [key, value] : root.items()) {
    if (root.is_object()) {
      check_input(value.is_number_integer(), "{}: expected a row number for each id, found '{}'",
                  name, printable(value.dump()));
      rows.push_back({key, value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX
                               ? kNoRow
                               : value.get<int64_t>()});
    } else {
      check_input(root.is_array() && (value.is_string() || value.is_number_integer()),
                  "{}: expected an object id -> row or a list of ids", name);
      rows.push_back({value.is_string() ? value.get<std::string>() : value.dump(),
                      static_cast<int64_t>(rows.size())});
    }
  }
  return rows;
}

MatrixRows from_lines(const std::filesystem::path& file) {
  LineReader lines(file);
  MatrixRows rows;
  std::string line;
  while (lines.next(line)) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) rows.push_back({line, static_cast<int64_t>(rows.size())});
  }
  return rows;
}

MatrixRows from_hdf5(const std::filesystem::path& file, const std::string& data_set) {
  MatrixRows rows;
  for (auto& id : read_hdf5_ids(file, data_set))
    rows.push_back({std::move(id), static_cast<int64_t>(rows.size())});
  return rows;
}

}  // namespace

std::vector<MatrixRow> read_matrix_index(const std::filesystem::path& file,
                                         const std::string& data_set) {
  auto name = file.string();
  const bool hdf5 = is_hdf5(read_head(file, 1024));
  check_input(hdf5 || data_set.empty(),
              "{}: expected an HDF5 file with the ids '{}', found another kind", name,
              printable(data_set));
  auto ending = file.extension().string();
  bool pickled = ending == ".p" || ending == ".pkl" || ending == ".pickle";
  MatrixRows rows = hdf5                ? from_hdf5(file, data_set)
                    : pickled           ? from_pickle(file, name)
                    : ending == ".json" ? from_json(file, name)
                                        : from_lines(file);
  check_input(!rows.empty(), "{}: expected ids, found none", name);
  std::unordered_set<std::string_view> ids;
  for (auto& row : rows) {
    check_input(valid_utf8(row.id), "{}: id '{}' is not UTF-8", name, printable(row.id));
    check_input(row.row >= 0, "{}: id '{}': expected a row number from 0 on", name,
                printable(row.id));
    check_input(ids.insert(row.id).second, "{}: id '{}' twice", name, printable(row.id));
  }
  return rows;
}

}  // namespace mma
