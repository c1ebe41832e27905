#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace mma {

/// One cell of a table: text, a list of texts (JSON arrays, Python lists), or neither. Numbers are
/// kept as the text that they were written as.
struct Cell {
  bool is_list = false;
  std::string text;
  std::vector<std::string> list;
};

/// One row of a table and where it stands, for messages: "train.jsonl:17".
struct Row {
  std::map<std::string, Cell> cells;
  std::string where;
};

struct TableFormat {
  std::string delimiter;  ///< of .csv-like files; empty: by ending (',' or tab)
};

/// Calls `use` for every row of a table, in order, holding one row at a time in memory where the
/// format allows: .jsonl, .csv and .tsv (RFC 4180 quoting; the first row names the columns),
/// .p/.pkl/.pickle (a list of dicts, or a dict of id -> dict whose key becomes the cell "id").
/// A malformed row is reported to `fault` with its place and skipped; an unreadable file throws
/// UserError.
void read_table(const std::filesystem::path& file, const TableFormat& format,
                const std::function<void(Row&&)>& use,
                const std::function<void(const std::string& message)>& fault);

}  // namespace mma
