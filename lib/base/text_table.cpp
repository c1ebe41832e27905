#include "base/text_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace mma {
namespace {

// Terminal columns of UTF-8 text, one a code point.
size_t columns(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string text_table(const std::vector<std::vector<std::string>>& given) {
  auto rows = given;
  for (auto& row : rows)
    for (auto& cell : row) cell = escape_controls(cell);
  std::vector<size_t> widths;
  for (auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (size_t i = 0; i < rows[r].size(); ++i) {
      std::string space(widths[i] - columns(rows[r][i]), ' ');
      line += i == 0 ? rows[r][i] + space : "  " + space + rows[r][i];
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    if (r == 0) {
      size_t total = 0;
      for (size_t i = 0; i < widths.size(); ++i) total += widths[i] + (i == 0 ? 0 : 2);
      text += std::string(total, '-') + "\n";
    }
  }
  return text;
}

}  // namespace mma
