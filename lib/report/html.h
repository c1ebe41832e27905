#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"

namespace mma {

/// Any text as the content of an element or of a quoted attribute, in HTML as in XML: what means
/// something to a browser is written as an entity, what shows another text than it is (control
/// characters, marks that turn the direction of writing, bytes that are no UTF-8) is shown escaped.
/// Everything that comes from outside goes through it.
std::string html_text(std::string_view text);

/// At most `most` characters of a text, the last one "…" where some are left out.
std::string shortened(std::string_view text, size_t most);

/// A name from outside as tables show it: escaped controls, no more than 60 characters.
std::string shown_name(std::string_view name);

/// A figure with four digits behind the point as everywhere, "-" where it is not finite.
std::string shown_figure(double value);

/// A whole number with commas between thousands.
std::string shown_count(int64_t number);

/// <p>, of plain text.
std::string html_paragraph(std::string_view text);

/// Cells are plain text. The first column and the first row are heads; the others stand at the
/// right, but for the last `text_columns`.
struct HtmlTable {
  std::string caption;
  Names head;
  std::vector<Names> rows;
  size_t text_columns = 0;
};
/// The table in a frame that scrolls, and that a keyboard reaches.
std::string html_table(const HtmlTable& table);
/// The same folded away where it has more than 12 rows, or is to be `folded` anyhow.
std::string html_numbers(const HtmlTable& table, bool folded = true);

/// A picture with its heading, one sentence on how to read it, and its numbers below.
struct HtmlFigure {
  std::string title, reading;
  std::string picture;  ///< inline SVG
  std::string numbers;  ///< html_numbers() of them
  bool wide = false;    ///< takes the whole width
};
std::string html_figure(const HtmlFigure& figure);
/// Figures, or other parts, side by side where there is room.
std::string html_columns(const std::vector<std::string>& parts);

/// A section with its heading (level 2 or 3) and the id that links point to.
std::string html_section(int level, const std::string& id, std::string_view title,
                         const std::string& body);
/// The same of level 3 that takes half of the width where there is room.
std::string html_half_section(const std::string& id, std::string_view title,
                              const std::string& body);

}  // namespace mma
