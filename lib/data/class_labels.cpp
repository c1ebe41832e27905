#include <algorithm>
#include <numeric>
#include <unordered_map>

#include "base/names.h"
#include "base/utf8.h"
#include "data/label_cell.h"
#include "data/label_reader.h"

namespace mma {
namespace {

constexpr size_t kMaxLabels = 1 << 16;
constexpr size_t kToldUnknown = 20;  // as many as Faults tells of a kind

// Reads names, or bits, as the numbers of labels.
class ClassLabelReader : public LabelReader {
 public:
  ClassLabelReader(const Description& description, Samples& samples, RowAccess row)
      : description_(description), samples_(samples), row_(std::move(row)) {
    samples_.labels = description.labels.names;
    for (auto& label : samples_.labels) number_of_label_.emplace(label, number_of_label_.size());
  }

  void begin(SplitRows& rows) override {
    rows_ = &rows;
    collects_labels_ =
        rows.split == "train" && description_.has_labels() && description_.labels.names.empty();
  }

  void add_row() override {
    if (!description_.has_labels()) return rows_->label_ends.push_back(rows_->label_ids.size());
    auto start = static_cast<std::ptrdiff_t>(rows_->label_ids.size());
    if (auto* found = row_.cell(description_.labels.field)) {
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
      if (traits_of(description_.label_kind()).one_a_sample && count != 1 && !bad_label_)
        row_.fault("number of labels", fmt::format("{}: expected one label, found {}",
                                                   description_.labels.field, count));
    }
    rows_->bad_labels += bad_label_;
    bad_label_ = false;
    rows_->label_ends.push_back(rows_->label_ids.size());
  }

  // Labels were numbered as they came; the pack holds them sorted.
  void end() override {
    if (!collects_labels_) return;
    auto& names = samples_.labels;
    if (names.empty() && rows_->bad_labels > 0) return;
    if (names.empty())
      return row_.faults.add(
          "no labels", fmt::format("{}: no label in the train split", description_.labels.field));
    auto sorted = names;
    std::sort(sorted.begin(), sorted.end());
    for (size_t i = 0; i < sorted.size(); ++i) number_of_label_[sorted[i]] = i;
    for (auto& id : rows_->label_ids)
      id = static_cast<int32_t>(number_of_label_[names[static_cast<size_t>(id)]]);
    names = sorted;
  }

 private:
  void add_names(const Cell& found) {
    auto [names, fault] = label_names(found, description_.labels);
    samples_.labels_of_text |= !found.is_list && found.kind == ValueKind::kText;
    if (fault.empty()) {
      for (auto& name : names) add_label(name);
    } else {
      bad_label_ = true;
      row_.fault("bad label", fmt::format("{}: {}", description_.labels.field, fault));
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
      return row_.fault("too many labels",
                        fmt::format("'{}' would be label number {}, expected at most {}",
                                    printable(name), kMaxLabels + 1, kMaxLabels));
    // Only the first are told, and to find the nearest of many names takes its time.
    if (++unknown_labels_ > kToldUnknown) return row_.fault("unknown label", "");
    auto text = unknown_name("label", name, samples_.labels);
    if (description_.labels.names.empty()) text += " (the labels of train)";
    row_.fault("unknown label", text);
  }
  void add_bits(const Cell& found) {
    auto bits = found.is_list ? std::accumulate(found.list.begin(), found.list.end(), std::string())
                              : found.text;
    if (bits.size() != samples_.labels.size() ||
        bits.find_first_not_of("01") != std::string::npos) {
      bad_label_ = true;
      return row_.fault(
          "unknown label",
          fmt::format("{}: expected {} characters 0 or 1, found '{}'", description_.labels.field,
                      samples_.labels.size(), printable(bits)));
    }
    for (size_t i = 0; i < bits.size(); ++i)
      if (bits[i] == '1') rows_->label_ids.push_back(static_cast<int32_t>(i));
  }

  const Description& description_;
  Samples& samples_;
  RowAccess row_;
  std::unordered_map<std::string, size_t> number_of_label_;
  SplitRows* rows_ = nullptr;
  size_t unknown_labels_ = 0;
  bool collects_labels_ = false, bad_label_ = false;
};

}  // namespace

std::unique_ptr<LabelReader> class_label_reader(const Description& description, Samples& samples,
                                                RowAccess row) {
  return std::make_unique<ClassLabelReader>(description, samples, std::move(row));
}

}  // namespace mma
