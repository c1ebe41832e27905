#include "data/label_cell.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/utf8.h"
#include "data/pack_layout.h"

namespace mma {
namespace {

// A whole number as an id would be written, or nothing.
std::string whole_number(const std::string& text) {
  if (text.find_first_not_of("-0123456789") == std::string::npos) return text;
  double value = 0;
  auto end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, value);
  bool whole = parsed.ec == std::errc() && parsed.ptr == end && std::trunc(value) == value &&
               std::abs(value) < 0x1p53;
  return whole ? std::to_string(static_cast<int64_t>(value)) : "";
}

// What is wrong with a name, or nothing.
std::string fault_of_name(const std::string& name) {
  if (trimmed(name).empty()) return "expected a name, found an empty one";
  if (name.size() > layout::kMaxNameBytes)
    return fmt::format("expected a name of at most {} bytes, found one of {}: '{}'",
                       layout::kMaxNameBytes, name.size(), printable(name));
  if (!valid_utf8(name))
    return fmt::format("expected a name in UTF-8, found '{}'", printable(name));
  if (name.find('\0') != std::string::npos)
    return fmt::format("expected a name, found a zero byte in '{}'", printable(name));
  return "";
}

// Adds the name that a value stands for, or the fault.
void add_value(LabelNames& found, const std::string& text, ValueKind kind) {
  auto refuse = [&](const char* what) {
    found.fault = fmt::format("expected names or whole numbers, found {}{}", what, printable(text));
  };
  auto name = text;
  if (kind == ValueKind::kTruth || kind == ValueKind::kNull) return refuse("");
  if (kind == ValueKind::kNested) return refuse("a value within a value: ");
  if (kind == ValueKind::kNumber) name = whole_number(text);
  if (kind == ValueKind::kNumber && name.empty()) return refuse("a number that is not whole: ");
  found.fault = fault_of_name(name);
  found.names.push_back(std::move(name));
}

// Whether a text is a list, tuple or dict as Python or JSON shows it; "[deleted]" is a name.
bool is_list_as_text(std::string_view text) {
  if (text.size() < 2) return false;
  auto pair = std::string{text.front(), text.back()};
  if (pair != "[]" && pair != "()" && pair != "{}") return false;
  auto inside = trimmed(text.substr(1, text.size() - 2));
  return inside.find_first_not_of("0123456789.-") == std::string_view::npos ||
         inside.find_first_of(",'\"") != std::string_view::npos;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  auto start = text.find_first_not_of(kSpace);
  return start == std::string_view::npos
             ? ""
             : text.substr(start, text.find_last_not_of(kSpace) - start + 1);
}

LabelNames label_names(const Cell& cell, const LabelDescription& labels) {
  LabelNames found;
  if (cell.is_list) {
    for (size_t i = 0; i < cell.list.size() && found.fault.empty(); ++i)
      add_value(found, cell.list[i], cell.kinds[i]);
    return found;
  }
  if (cell.kind != ValueKind::kText) {
    add_value(found, cell.text, cell.kind);
    return found;
  }
  auto whole = trimmed(cell.text);
  bool known = std::find(labels.names.begin(), labels.names.end(), whole) != labels.names.end();
  if (is_list_as_text(whole) && !known) {
    found.fault = fmt::format(
        "expected names, found the text of a list: '{}'; write drama|war with `separator: \"|\"`, "
        "or a list in a .jsonl table",
        printable(whole));
    return found;
  }
  auto& separator = labels.separator;
  for (size_t start = 0; start <= cell.text.size() && found.fault.empty();) {
    auto end = separator.empty() ? std::string::npos : cell.text.find(separator, start);
    end = std::min(end, cell.text.size());
    auto name = trimmed(std::string_view(cell.text).substr(start, end - start));
    if (!name.empty()) add_value(found, std::string(name), ValueKind::kText);
    start = end + std::max<size_t>(separator.size(), 1);
  }
  return found;
}

}  // namespace mma
