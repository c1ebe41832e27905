#include "data/row_text.h"

#include <optional>

#include "base/utf8.h"
#include "data/label_cell.h"

namespace mma {

std::string missing_field(const Row& row, const Names& columns) {
  Names known;
  for (auto& [name, value] : row.cells) known.push_back(printable(name));
  return fmt::format("no field '{}', or a null; the row has {}", fmt::join(columns, "' or '"),
                     fmt::join(known, ", "));
}

RowText::Result RowText::of(const Row& row) {
  const auto& columns = description_.texts;
  if (columns.empty()) return {};
  std::string text;
  bool any = false;
  for (auto& column : columns) {
    auto cell = row.cells.find(column);
    if (cell == row.cells.end()) continue;
    any = true;
    if (columns.size() > 1) found_.insert(column);
    auto& piece = cell->second.text;
    if (cell->second.is_list)
      return {"", false, "bad text", fmt::format("{}: expected a text, found a list", column)};
    if (!valid_utf8(piece))
      return {"", false, "bad UTF-8", fmt::format("{}: the text is not UTF-8", column)};
    if (trimmed(piece).empty()) continue;
    if (!text.empty()) text += description_.text_separator;
    std::optional<std::string> repaired;
    if (description_.text_repair == "latin1") repaired = utf8_from_mojibake(piece);
    text += repaired ? *repaired : piece;
  }
  if (!any) return {"", false, "missing field", missing_field(row, columns)};
  if (!text.empty()) return {text, false, "", ""};
  if (description_.empty_text == "drop") return {"", true, "", ""};
  return {"", false, "empty text",
          fmt::format("{}: an empty text (`empty_text: drop` leaves such rows out)",
                      fmt::join(columns, ", "))};
}

void RowText::check_columns(Faults& faults) const {
  if (found_.empty()) return;  // each row has said so
  for (auto& column : description_.texts)
    if (!found_.count(column))
      faults.add("missing field",
                 fmt::format("text: no row of any table has the column '{}'", printable(column)));
}

}  // namespace mma
