#include "base/text_table.h"

#include <algorithm>
#include <utility>

#include "base/unicode.h"
#include "base/utf8.h"

namespace mma {
namespace {

using CellLines = std::vector<std::string>;

constexpr size_t kLeastColumns = 20;
constexpr size_t kGap = 2;

// A cell in lines of at most `width`: broken behind a space or a sign that parts words where one
// stands in a line's second half, else between characters.
CellLines wrapped(const std::string& cell, size_t width) {
  if (display_width(cell) <= width) return {cell};
  CellLines lines(1);
  size_t used = 0, good = 0;  // columns of the last line; where in it a word ends
  for (size_t at = 0; at < cell.size();) {
    const size_t begin = at;
    next_code_point(cell, at);
    const auto character = cell.substr(begin, at - begin);
    const size_t wide = display_width(character);
    if (used + wide > width && used > 0) {
      auto& line = lines.back();
      std::string rest;
      if (good > line.size() / 2) rest = line.substr(good);
      line.resize(line.size() - rest.size());
      line.resize(line.find_last_not_of(' ') + 1);
      used = display_width(rest);
      good = 0;
      lines.push_back(std::move(rest));
    }
    lines.back() += character;
    used += wide;
    if (std::string_view(" +,/=|-_.:").find(character) != std::string_view::npos)
      good = lines.back().size();
  }
  return lines;
}

// A table whose cells are escaped, and what each of its columns may take.
class Layout {
 public:
  Layout(const std::vector<std::vector<std::string>>& rows, size_t columns) : rows_(rows) {
    for (auto& row : rows) {
      widths_.resize(std::max(widths_.size(), row.size()));
      for (size_t i = 0; i < row.size(); ++i)
        widths_[i] = std::max(widths_[i], display_width(row[i]));
    }
    size_t others = 0;
    for (size_t i = 1; i < widths_.size(); ++i) others += widths_[i] + kGap;
    if (widths_.empty() || columns == 0 || widths_[0] + others <= columns) {
      blocks_.emplace_back();
      for (size_t i = 1; i < widths_.size(); ++i) blocks_.back().push_back(i);
      return;
    }
    columns = std::max(columns, kLeastColumns);
    // The names' column has two fifths of the line, and what the others leave.
    const size_t left = others < columns ? columns - others : 0;
    widths_[0] =
        std::min(widths_[0], widths_.size() == 1 ? columns : std::max(left, columns * 2 / 5));
    const size_t room = columns - widths_[0];
    size_t used = room + 1;
    for (size_t i = 1; i < widths_.size(); ++i) {
      widths_[i] = std::min(widths_[i], room - kGap);
      if (used + kGap + widths_[i] > room) {
        blocks_.emplace_back();
        used = 0;
      }
      used += kGap + widths_[i];
      blocks_.back().push_back(i);
    }
    if (blocks_.empty()) blocks_.emplace_back();
  }

  std::string text() const {
    std::string all;
    for (auto& block : blocks_) {
      if (!all.empty()) all += '\n';
      all += block_text(block);
    }
    return all;
  }

 private:
  std::string block_text(const std::vector<size_t>& block) const {
    size_t total = widths_.empty() ? 0 : widths_[0];
    for (auto i : block) total += kGap + widths_[i];
    std::string text;
    for (size_t r = 0; r < rows_.size(); ++r) {
      text += row_text(rows_[r], block);
      if (r == 0) text += std::string(total, '-') + "\n";
    }
    return text;
  }

  std::string row_text(const std::vector<std::string>& row,
                       const std::vector<size_t>& block) const {
    std::vector<size_t> columns{0};
    columns.insert(columns.end(), block.begin(), block.end());
    std::vector<CellLines> cells;
    size_t height = 1;
    for (auto i : columns) {
      cells.push_back(i < row.size() ? wrapped(row[i], widths_[i]) : CellLines(1));
      height = std::max(height, cells.back().size());
    }
    std::string text;
    for (size_t l = 0; l < height; ++l) {
      std::string line;
      for (size_t c = 0; c < columns.size(); ++c) {
        const auto cell = l < cells[c].size() ? cells[c][l] : std::string();
        const auto width = widths_[columns[c]], used = display_width(cell);
        const std::string space(width > used ? width - used : 0, ' ');
        line += c == 0 ? cell + space : std::string(kGap, ' ') + space + cell;
      }
      text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
  }

  const std::vector<std::vector<std::string>>& rows_;
  std::vector<size_t> widths_;
  std::vector<std::vector<size_t>> blocks_;  // the columns of each, beside the first
};

}  // namespace

std::string text_table(const std::vector<std::vector<std::string>>& given, size_t columns) {
  auto rows = given;
  for (auto& row : rows)
    for (auto& cell : row) cell = escape_controls(cell);
  return Layout(rows, columns).text();
}

}  // namespace mma
