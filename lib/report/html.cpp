#include "report/html.h"

#include <fmt/format.h>

#include <cmath>

#include "base/utf8.h"

namespace mma {
namespace {

constexpr size_t kMostOpenRows = 12;

// U+FFFE and U+FFFF are UTF-8, and in no XML.
std::string_view noncharacter(std::string_view text, size_t at) {
  if (text.substr(at, 3) == "\xef\xbf\xbe") return "\\ufffe";
  if (text.substr(at, 3) == "\xef\xbf\xbf") return "\\uffff";
  return {};
}

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

std::string row_of_cells(const Names& cells, bool head, size_t columns, size_t text_columns) {
  std::string row = "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    const char* tag = head || i == 0 ? "th" : "td";
    const char* scope = head ? " scope=\"col\"" : i == 0 ? " scope=\"row\"" : "";
    bool text = i == 0 || i + text_columns >= columns;
    row += fmt::format("<{}{}{}>{}</{}>", tag, scope, text ? " class=\"l\"" : "",
                       html_text(cells[i]), tag);
  }
  return row + "</tr>\n";
}

std::string section_of(int level, const char* attribute, const std::string& id,
                       std::string_view title, const std::string& body) {
  return fmt::format(
      "<section id=\"{0}\"{1} aria-labelledby=\"{0}-h\"><h{2} id=\"{0}-h\">{3}</h{2}>\n{4}"
      "</section>\n",
      html_text(id), attribute, level, html_text(title), body);
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  auto safe = escape_controls(text);
  for (size_t at = 0; at < safe.size();) {
    if (auto code = noncharacter(safe, at); !code.empty()) {
      out += code;
      at += 3;
      continue;
    }
    auto name = entity(safe[at]);
    if (name.empty())
      out += safe[at];
    else
      out += name;
    ++at;
  }
  return out;
}

std::string shortened(std::string_view text, size_t most) {
  auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  size_t count = 0, cut = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (!begins(text[at])) continue;
    if (count + 1 == most) cut = at;
    if (++count > most) return std::string(text.substr(0, cut)) + "…";
  }
  return std::string(text);
}

std::string shown_name(std::string_view name) { return shortened(escape_controls(name), 60); }

std::string shown_figure(double value) {
  return std::isfinite(value) ? fmt::format("{:.4f}", value) : "-";
}

std::string shown_count(int64_t number) {
  auto digits = std::to_string(number);
  for (auto at = std::ssize(digits) - 3; at > (number < 0 ? 1 : 0); at -= 3)
    digits.insert(digits.begin() + at, ',');
  return digits;
}

std::string html_paragraph(std::string_view text) {
  return fmt::format("<p>{}</p>\n", html_text(text));
}

std::string html_table(const HtmlTable& t) {
  auto columns = t.head.size();
  std::string body;
  for (auto& row : t.rows) body += row_of_cells(row, false, columns, t.text_columns);
  return fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table>"
      "<caption>{0}</caption>\n<thead>{1}</thead>\n<tbody>{2}</tbody></table></div>\n",
      html_text(t.caption), row_of_cells(t.head, true, columns, t.text_columns), body);
}

std::string html_numbers(const HtmlTable& t, bool folded) {
  if (!folded && t.rows.size() <= kMostOpenRows) return html_table(t);
  return fmt::format("<details><summary>Numbers: {}</summary>\n{}</details>\n",
                     html_text(t.caption), html_table(t));
}

std::string html_figure(const HtmlFigure& f) {
  return fmt::format("<figure{}><figcaption><b>{}.</b> {}</figcaption>\n{}\n{}</figure>\n",
                     f.wide ? " class=\"wide\"" : "", html_text(f.title), html_text(f.reading),
                     f.picture, f.numbers);
}

std::string html_columns(const std::vector<std::string>& parts) {
  std::string body;
  for (auto& part : parts) {
    bool figure = part.empty() || part.rfind("<figure", 0) == 0;
    body += figure ? part : fmt::format("<div>{}</div>\n", part);
  }
  return fmt::format("<div class=\"columns\">\n{}</div>\n", body);
}

std::string html_section(int level, const std::string& id, std::string_view title,
                         const std::string& body) {
  return section_of(level, "", id, title, body);
}

std::string html_half_section(const std::string& id, std::string_view title,
                              const std::string& body) {
  return section_of(3, " class=\"half\"", id, title, body);
}

}  // namespace mma
