#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mma {

/// What a value was before it became text. A .csv has text alone.
enum class ValueKind { kText, kNumber, kTruth, kNull, kNested };

/// One cell of a table: text or a list of texts (JSON arrays, Python lists and 1-D numpy arrays of
/// plain values). Numbers are kept as the text that they were written as, truth is "true" or
/// "false", what is nested deeper is one text. All text is valid UTF-8. A null (None) is no cell.
struct Cell {
  bool is_list = false;
  std::string text;
  std::vector<std::string> list;
  ValueKind kind = ValueKind::kText;  ///< of `text`
  std::vector<ValueKind> kinds;       ///< of each of `list`
};

/// One row of a table and where it stands, for messages: "train.jsonl:17".
struct Row {
  std::map<std::string, Cell> cells;
  std::string where;
};

struct TableFormat {
  /// Of .csv-like files, whatever their ending: one character, or "tab"; empty: by ending.
  std::string delimiter;
};

/// Calls `use` for every row of a table, in order, holding one row at a time in memory where the
/// format allows: .jsonl (also .ndjson), .csv and .tsv (RFC 4180 quoting; the first row names the
/// columns), .p/.pkl/.pickle (a list of dicts, or a dict of id -> dict whose key becomes the cell
/// "id" where the dict has none). A malformed row is reported to `fault` with its place and
/// skipped; an unreadable file and a row of more than 16 MiB throw UserError.
void read_table(const std::filesystem::path& file, const TableFormat& format,
                const std::function<void(Row&&)>& use,
                const std::function<void(const std::string& message)>& fault);

}  // namespace mma
