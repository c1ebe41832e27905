#include "data/samples.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "base/files.h"
#include "base/names.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "data/label_cell.h"
#include "data/pack_layout.h"
#include "data/table.h"

namespace mma {
namespace {

constexpr size_t kMaxLabels = 1 << 16;
constexpr size_t kToldUnknown = 20;  // as many as Faults tells of a kind

// An id names files and is printed: it must be one harmless file name.
std::string fault_of_id(const std::string& id) {
  if (id.empty()) return "an empty id";
  if (id.size() > layout::kMaxNameBytes)
    return fmt::format("an id of {} bytes, expected at most {}", id.size(), layout::kMaxNameBytes);
  if (!valid_utf8(id)) return "the id is not UTF-8";
  if (id == "." || id == ".." || id.find('/') != std::string::npos)
    return "an id may not hold a path";
  return escape_controls(id) != id ? "the id holds control characters" : "";
}

// Reads the tables one after the other, row by row.
class Reader {
 public:
  Reader(const Description& description, TextStore* texts, Faults& faults)
      : description_(description), texts_(texts), faults_(faults) {
    samples_.labels = description.labels.names;
    for (auto& label : samples_.labels) number_of_label_.emplace(label, number_of_label_.size());
  }

  void read(const std::string& split, const std::filesystem::path& table) {
    rows_ = &samples_.splits.emplace_back();
    rows_->split = split;
    rows_->first_text = text_count_;
    rows_->matrix_rows.resize(description_.modalities.size());
    collects_labels_ =
        split == "train" && description_.has_labels() && description_.labels.names.empty();
    try {
      read_table(
          table, {description_.delimiter}, [this](Row&& row) { use(row); },
          [this](const std::string& message) { faults_.add("malformed row", message); });
    } catch (const UserError& e) {
      return faults_.add("unreadable table", e.what());
    }
    if (rows_->ids.empty())
      faults_.add("empty table", fmt::format("{}: no sample in it", table.string()));
    if (collects_labels_) sort_labels();
  }

  Samples take() { return std::move(samples_); }

 private:
  void use(Row& row) {
    stop_if_asked();
    row_ = &row;
    id_.clear();
    auto* id = cell(description_.id);
    if (!id) return;
    auto fault = id->is_list ? "the id is a list" : fault_of_id(id->text);
    if (!fault.empty()) return add("bad id", fmt::format("'{}': {}", printable(id->text), fault));
    id_ = id->text;
    auto [before, is_new] = places_.try_emplace(id_, Place{rows_->split, row.where});
    if (!is_new) {
      bool here = before->second.split == rows_->split;
      return add(here ? "duplicate id" : "id in two splits",
                 fmt::format("the same id is at {}", before->second.where));
    }
    auto text = text_of_row();
    if (text.empty() && dropped_empty_) {
      ++rows_->dropped;
      return;
    }
    rows_->ids.push_back(id_);
    if (texts_) texts_->add(text);
    ++text_count_;
    add_labels();
    add_matrix_rows();
  }

  // The cell of a column, or null after saying that it is missing.
  const Cell* cell(const std::string& field) {
    auto found = row_->cells.find(field);
    if (found != row_->cells.end()) return &found->second;
    std::vector<std::string> known;
    for (auto& [name, value] : row_->cells) known.push_back(printable(name));
    add("missing field",
        fmt::format("no field '{}', or a null; the row has {}", field, fmt::join(known, ", ")));
    return nullptr;
  }
  void add(std::string_view kind, const std::string& message) {
    faults_.add(kind, id_.empty()
                          ? fmt::format("{}: {}", row_->where, message)
                          : fmt::format("{}: {}: {}", row_->where, printable(id_), message));
  }

  std::string text_of_row() {
    dropped_empty_ = false;
    auto* found = cell(description_.text);
    if (!found) return "";
    if (found->is_list) {
      add("bad text", fmt::format("{}: expected a text, found a list", description_.text));
    } else if (!valid_utf8(found->text)) {
      add("bad UTF-8", fmt::format("{}: the text is not UTF-8", description_.text));
    } else if (trimmed(found->text).empty()) {
      dropped_empty_ = description_.empty_text == "drop";
      if (!dropped_empty_)
        add("empty text", fmt::format("{}: an empty text (`empty_text: drop` leaves such rows out)",
                                      description_.text));
    } else if (description_.text_repair == "latin1") {
      if (auto repaired = utf8_from_mojibake(found->text)) return *repaired;
      return found->text;
    } else {
      return found->text;
    }
    return "";
  }

  void add_labels() {
    if (!description_.has_labels()) return rows_->label_ends.push_back(rows_->label_ids.size());
    auto start = static_cast<std::ptrdiff_t>(rows_->label_ids.size());
    if (auto* found = cell(description_.labels.field)) {
      if (description_.labels.form == "bits") {
        add_bits(*found);
      } else {
        add_names(*found);
      }
      auto first = rows_->label_ids.begin() + start;
      std::sort(first, rows_->label_ids.end());
      auto end = std::unique(first, rows_->label_ids.end());
      samples_.repeated_labels |= end != rows_->label_ids.end();
      rows_->label_ids.erase(end, rows_->label_ids.end());
      auto count = rows_->label_ids.end() - first;
      if (description_.label_kind() == LabelKind::kMulticlass && count != 1 && !bad_label_)
        add("number of labels",
            fmt::format("{}: expected one label, found {}", description_.labels.field, count));
    }
    rows_->bad_labels += bad_label_;
    bad_label_ = false;
    rows_->label_ends.push_back(rows_->label_ids.size());
  }
  void add_names(const Cell& found) {
    auto [names, fault] = label_names(found, description_.labels);
    samples_.labels_of_text |= !found.is_list && found.kind == ValueKind::kText;
    if (fault.empty()) {
      for (auto& name : names) add_label(name);
    } else {
      bad_label_ = true;
      add("bad label", fmt::format("{}: {}", description_.labels.field, fault));
    }
  }
  void add_label(const std::string& name) {
    auto found = number_of_label_.find(name);
    if (found == number_of_label_.end() && collects_labels_ &&
        samples_.labels.size() < kMaxLabels) {
      found = number_of_label_.emplace(name, samples_.labels.size()).first;
      samples_.labels.push_back(name);
    }
    if (found != number_of_label_.end())
      return rows_->label_ids.push_back(static_cast<int32_t>(found->second));
    bad_label_ = true;
    if (collects_labels_)
      return add("too many labels",
                 fmt::format("'{}' would be label number {}, expected at most {}", printable(name),
                             kMaxLabels + 1, kMaxLabels));
    // Only the first are told, and to find the nearest of many names takes its time.
    if (++unknown_labels_ > kToldUnknown) return add("unknown label", "");
    auto text = unknown_name("label", name, samples_.labels);
    if (description_.labels.names.empty()) text += " (the labels of train)";
    add("unknown label", text);
  }
  void add_bits(const Cell& found) {
    auto bits = found.is_list ? std::accumulate(found.list.begin(), found.list.end(), std::string())
                              : found.text;
    if (bits.size() != samples_.labels.size() ||
        bits.find_first_not_of("01") != std::string::npos) {
      bad_label_ = true;
      return add("unknown label",
                 fmt::format("{}: expected {} characters 0 or 1, found '{}'",
                             description_.labels.field, samples_.labels.size(), printable(bits)));
    }
    for (size_t i = 0; i < bits.size(); ++i)
      if (bits[i] == '1') rows_->label_ids.push_back(static_cast<int32_t>(i));
  }

  void add_matrix_rows() {
    for (size_t m = 0; m < description_.modalities.size(); ++m) {
      auto& field = description_.modalities[m].row_field;
      if (field.empty()) continue;
      int64_t number = -1;
      if (auto* found = cell(field); found && !found->text.empty()) {
        auto end = found->text.data() + found->text.size();
        auto parsed = std::from_chars(found->text.data(), end, number);
        if (parsed.ec != std::errc() || parsed.ptr != end || number < 0) {
          number = -1;
          add("bad row number",
              fmt::format("{}: expected a row number, found '{}'", field, printable(found->text)));
        }
      }
      rows_->matrix_rows[m].push_back(number);
    }
  }

  // Labels were numbered as they came; the pack holds them sorted.
  void sort_labels() {
    auto& names = samples_.labels;
    if (names.empty() && rows_->bad_labels > 0) return;
    if (names.empty())
      return faults_.add("no labels",
                         fmt::format("{}: no label in the train split", description_.labels.field));
    auto sorted = names;
    std::sort(sorted.begin(), sorted.end());
    for (size_t i = 0; i < sorted.size(); ++i) number_of_label_[sorted[i]] = i;
    for (auto& id : rows_->label_ids)
      id = static_cast<int32_t>(number_of_label_[names[static_cast<size_t>(id)]]);
    names = sorted;
  }

  struct Place {
    std::string split, where;
  };
  const Description& description_;
  TextStore* texts_;
  Faults& faults_;
  Samples samples_;
  std::unordered_map<std::string, size_t> number_of_label_;
  std::unordered_map<std::string, Place> places_;
  SplitRows* rows_ = nullptr;
  Row* row_ = nullptr;
  std::string id_;
  size_t text_count_ = 0, unknown_labels_ = 0;
  bool collects_labels_ = false, dropped_empty_ = false, bad_label_ = false;
};

}  // namespace

std::vector<uint8_t> SplitRows::labels_of(size_t i, size_t label_count) const {
  std::vector<uint8_t> bits(label_count, 0);
  for (size_t k = i == 0 ? 0 : label_ends[i - 1]; k < label_ends[i]; ++k)
    bits[static_cast<size_t>(label_ids[k])] = 1;
  return bits;
}

Samples read_samples(const Description& description, const std::filesystem::path& root,
                     TextStore* texts, Faults& faults) {
  Reader reader(description, texts, faults);
  for (auto& [split, table] : description.splits) {
    try {
      reader.read(split, path_under(root, table));
    } catch (const UserError& e) {
      faults.add("unreadable table", e.what());
    }
  }
  if (texts) texts->seal();
  return reader.take();
}

}  // namespace mma
