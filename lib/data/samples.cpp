#include "data/samples.h"

#include <charconv>
#include <memory>
#include <set>
#include <unordered_map>

#include "base/files.h"
#include "base/names.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "data/label_cell.h"
#include "data/label_reader.h"
#include "data/pack_layout.h"
#include "data/row_text.h"
#include "data/table.h"

namespace mma {
namespace {

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
      : description_(description), row_text_(description), texts_(texts), faults_(faults) {
    labels_ = label_reader(
        description_, samples_,
        {[this](const std::string& column) { return cell(column); },
         [this](std::string_view kind, const std::string& message) { add(kind, message); },
         faults_});
  }

  void read(const std::string& split, const fs::path& root, const std::string& file) {
    const auto table = path_under(root, file);
    rows_ = &samples_.splits.emplace_back();
    rows_->split = split;
    rows_->first_text = text_count_;
    rows_->matrix_rows.resize(description_.modalities.size());
    table_ = fs::path(file).lexically_normal();
    // A table of several splits is read once for each; what is wrong with it is told once.
    tells_ = tables_.insert(table_).second;
    labels_->begin(*rows_);
    try {
      read_table(
          table, {description_.delimiter}, [this](Row&& row) { use(row); },
          [this](const std::string& message) {
            ++rows_->table_rows;
            if (tells_) faults_.add("malformed row", message);
          });
    } catch (const UserError& e) {
      if (tells_) faults_.add("unreadable table", e.what());
      return;
    }
    if (rows_->ids.empty())
      faults_.add("empty table",
                  description_.split_field.empty()
                      ? fmt::format("{}: no sample in it", table.string())
                      : fmt::format("{}: no sample of {} in it ({}: {})", table.string(), split,
                                    description_.split_field, description_.name_in_table(split)));
    labels_->end();
  }

  Samples take() {
    row_text_.check_columns(faults_);
    return std::move(samples_);
  }

 private:
  void use(Row& row) {
    stop_if_asked();
    row_ = &row;
    id_.clear();
    const auto number = rows_->table_rows++;
    if (!is_of_split()) return;
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
    auto text = row_text_.of(row);
    if (text.dropped) {
      ++rows_->dropped;
      return;
    }
    if (!text.fault.empty()) add(text.kind, text.fault);
    rows_->ids.push_back(id_);
    if (texts_) texts_->add(text.text);
    ++text_count_;
    labels_->add_row();
    add_matrix_rows(number);
  }

  // Whether the row is one of the split that is read.
  bool is_of_split() {
    auto& field = description_.split_field;
    if (field.empty()) return true;
    auto found = row_->cells.find(field);
    auto fault = [&](std::string_view kind, const std::string& message) {
      if (tells_) add(kind, message);
      return false;
    };
    if (found == row_->cells.end()) return fault("missing field", missing_field(*row_, {field}));
    const auto value = std::string(trimmed(found->second.text));
    Names known;
    for (auto& [split, table] : description_.splits) {
      if (table_ != fs::path(table).lexically_normal()) continue;
      known.push_back(description_.name_in_table(split));
      if (value == known.back()) return split == rows_->split;
    }
    return fault("unknown split",
                 fmt::format("{}: {}", field, unknown_name("split", value, known)));
  }

  // The cell of a column, or null after saying that it is missing.
  const Cell* cell(const std::string& field) {
    auto found = row_->cells.find(field);
    if (found != row_->cells.end()) return &found->second;
    add("missing field", missing_field(*row_, {field}));
    return nullptr;
  }
  void add(std::string_view kind, const std::string& message) {
    faults_.add(kind, id_.empty()
                          ? fmt::format("{}: {}", row_->where, message)
                          : fmt::format("{}: {}: {}", row_->where, printable(id_), message));
  }

  void add_matrix_rows(int64_t row_of_table) {
    for (size_t m = 0; m < description_.modalities.size(); ++m) {
      auto& field = description_.modalities[m].row_field;
      if (description_.modalities[m].in_table_order())
        rows_->matrix_rows[m].push_back(row_of_table);
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

  struct Place {
    std::string split, where;
  };
  const Description& description_;
  RowText row_text_;
  TextStore* texts_;
  Faults& faults_;
  Samples samples_;
  std::unique_ptr<LabelReader> labels_;
  std::unordered_map<std::string, Place> places_;
  SplitRows* rows_ = nullptr;
  fs::path table_;
  std::set<fs::path> tables_;  // that were read
  bool tells_ = true;          // whether faults of the table as such are told
  Row* row_ = nullptr;
  std::string id_;
  size_t text_count_ = 0;
};

}  // namespace

void SplitRows::put_labels(size_t i, size_t label_count, Sample& sample) const {
  if (!targets.empty()) {
    auto row = targets.begin() + static_cast<std::ptrdiff_t>(i * label_count);
    sample.targets.assign(row, row + static_cast<std::ptrdiff_t>(label_count));
    return;
  }
  sample.labels.assign(label_count, 0);
  for (size_t k = i == 0 ? 0 : label_ends[i - 1]; k < label_ends[i]; ++k)
    sample.labels[static_cast<size_t>(label_ids[k])] = 1;
}

std::unique_ptr<LabelReader> label_reader(const Description& description, Samples& samples,
                                          RowAccess row) {
  const bool real = traits_of(description.label_kind()).real && description.has_labels();
  return (real ? target_reader : class_label_reader)(description, samples, std::move(row));
}

Samples read_samples(const Description& description, const std::filesystem::path& root,
                     TextStore* texts, Faults& faults) {
  Reader reader(description, texts, faults);
  for (auto& [split, table] : description.splits) {
    try {
      reader.read(split, root, table);
    } catch (const UserError& e) {
      faults.add("unreadable table", e.what());
    }
  }
  if (texts) texts->seal();
  return reader.take();
}

}  // namespace mma
