#include "data/label_review.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/text_table.h"
#include "base/utf8.h"
#include "data/label_cell.h"

namespace mma {
namespace {

using Strings = std::vector<std::string>;
constexpr size_t kFew = 10;  // labels of a set that may be a trial

// "'a', 'b', 'c', ...": what a line shows of many names.
std::string examples(const Strings& names) {
  constexpr size_t kShown = 3;
  Strings shown;
  for (size_t i = 0; i < std::min(names.size(), kShown); ++i)
    shown.push_back(fmt::format("'{}'", printable(names[i])));
  if (names.size() > kShown) shown.push_back("...");
  return fmt::format("{}", fmt::join(shown, ", "));
}

Strings holding(const Strings& labels, std::string_view any_of) {
  Strings found;
  for (auto& label : labels)
    if (label.find_first_of(any_of) != std::string::npos) found.push_back(label);
  return found;
}

std::string lower(std::string_view text) {
  std::string out(trimmed(text));
  for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// How many different names there were if `separator` stood between names.
size_t pieces(const Strings& labels, char separator) {
  std::set<std::string_view> different;
  for (std::string_view label : labels)
    for (size_t start = 0; start <= label.size();) {
      auto end = std::min(label.find(separator, start), label.size());
      if (auto name = trimmed(label.substr(start, end - start)); !name.empty())
        different.insert(name);
      start = end + 1;
    }
  return different.size();
}

class Review {
 public:
  Review(const Description& description, const Samples& samples, Faults& faults)
      : labels_(description.labels), samples_(samples), names_(samples.labels), faults_(faults) {
    one_class_ = traits_of(description.label_kind()).one_a_sample;
    if (samples.splits.empty() || samples.splits.front().split != "train") return;
    train_ = &samples.splits.front();
    counts_ = count_labels(*train_, names_.size()).counts;
    total_ = std::accumulate(counts_.begin(), counts_.end(), int64_t{0});
  }

  std::vector<std::string> run() {
    // With rows whose labels are a fault already, what the rest looks like says nothing.
    if (!train_ || train_->size() == 0 || names_.empty() || train_->bad_labels > 0) return {};
    auto before = faults_.count();
    check_separators();
    check_bits();
    check_count();
    if (faults_.count() > before) return {};
    look_at_names();
    look_at_counts();
    return std::move(warnings_);
  }

 private:
  template <class... Args>
  void warn(fmt::format_string<Args...> text, Args&&... args) {
    warnings_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }
  // "what: 2 of 13 labels: 'a', 'b'", where there are any.
  void warn_of(const char* what, const Strings& labels) {
    if (!labels.empty())
      warn("{}: {} of {} labels: {}", what, labels.size(), names_.size(), examples(labels));
  }
  void fault(const std::string& message) {
    faults_.add("labels", fmt::format("{}: {}", labels_.field, message));
  }

  // Names joined by a character: were it the separator, fewer names would be left. So a name that
  // does hold a comma is not refused for it.
  void check_separators() {
    if (!labels_.names.empty()) return;
    for (char c : {'|', ';', ','}) {
      auto joined = holding(names_, std::string(1, c));
      bool in_class_names = one_class_ && c == ',';
      if (joined.empty() || in_class_names) continue;
      auto after = pieces(names_, c);
      if (!one_class_ && samples_.labels_of_text && labels_.separator.empty() &&
          joined.size() > 1 && after < names_.size())
        return fault(
            fmt::format("'{}' in {} of {} labels: {}; write `separator: \"{}\"`, which makes them "
                        "{} labels (or, "
                        "if they are names, list all under `names`)",
                        c, joined.size(), names_.size(), examples(joined), c, after));
      warn("'{}' in {} of {} labels: {}; {}", c, joined.size(), names_.size(), examples(joined),
           one_class_ ? "is this `kind: multilabel`?"
                      : fmt::format("is it a `separator: \"{}\"`?", c));
    }
  }
  void check_bits() {
    if (one_class_ || labels_.form == "bits" || !labels_.names.empty()) return;
    auto digits = [&](const std::string& name) {
      return name.find_first_not_of("01") == std::string::npos &&
             name.size() == names_.front().size();
    };
    if (!std::all_of(names_.begin(), names_.end(), digits)) return;
    bool numbers = names_.front().size() == 1 && samples_.repeated_labels;
    bool texts = names_.front().size() > 2;
    if (numbers || texts)
      fault(fmt::format(
          "the labels are {}: one 0 or 1 for each label? Then write `form: bits` and `names`",
          examples(names_)));
  }
  void check_count() {
    auto used = std::count_if(counts_.begin(), counts_.end(), [](auto n) { return n > 0; });
    if (total_ == 0) return fault("no sample of train has a label: nothing can be learned");
    if (one_class_ && used == 1) {
      auto only = std::find_if(counts_.begin(), counts_.end(), [](auto n) { return n > 0; });
      fault(fmt::format(
          "every sample of train is of the class '{}': nothing can be learned, expected at least "
          "two classes",
          printable(names_[static_cast<size_t>(only - counts_.begin())])));
    }
  }

  void look_at_names() {
    warn_of("brackets", holding(names_, "[]{}"));
    Strings missing, controls, variants;
    std::map<std::string, std::string> seen;
    for (auto& name : names_) {
      auto plain = lower(name);
      for (auto* word : {"nan", "null", "none", "n/a", "undefined"})
        if (plain == word) missing.push_back(name);
      if (escape_controls(name) != name) controls.push_back(name);
      auto [before, is_new] = seen.emplace(plain, name);
      if (!is_new) variants.insert(variants.end(), {before->second, name});
    }
    warn_of("names as missing values have them", missing);
    warn_of("control characters", controls);
    if (!variants.empty())
      warn("labels that differ in case or space alone: {}", examples(variants));
  }

  void look_at_counts() {
    Strings none, once, all;
    auto samples = static_cast<int64_t>(train_->size());
    for (size_t i = 0; i < names_.size(); ++i) {
      if (counts_[i] == 0) none.push_back(names_[i]);
      if (counts_[i] == 1) once.push_back(names_[i]);
      if (counts_[i] == samples && samples > 1 && !one_class_) all.push_back(names_[i]);
    }
    warn_of("no sample in train", none);
    warn_of("a single sample in train", once);
    warn_of("every sample of train", all);
    if (names_.size() > kFew && total_ < 2 * static_cast<int64_t>(names_.size()))
      warn("{} labels are many for {} samples of train: {:.1f} samples a label", names_.size(),
           samples, static_cast<double>(total_) / static_cast<double>(names_.size()));
  }

  const LabelDescription& labels_;
  const Samples& samples_;
  const Strings& names_;
  Faults& faults_;
  bool one_class_ = false;
  const SplitRows* train_ = nullptr;
  std::vector<int64_t> counts_;
  int64_t total_ = 0;
  Strings warnings_;
};

}  // namespace

LabelCounts count_labels(const SplitRows& rows, size_t labels) {
  LabelCounts counts{rows.split, static_cast<int64_t>(rows.size()), {}};
  counts.targets = spread_of(rows.targets, labels);
  counts.counts.resize(labels);
  for (auto id : rows.label_ids) ++counts.counts[static_cast<size_t>(id)];
  return counts;
}

LabelCounts count_labels(const std::string& name, const Split& split) {
  LabelCounts counts{name, split.size(), {}};
  const auto labels = static_cast<size_t>(split.label_count());
  counts.targets = spread_of(split.targets, labels);
  counts.counts.resize(labels);
  for (size_t i = 0; i < split.labels.size(); ++i) counts.counts[i % labels] += split.labels[i];
  return counts;
}

std::string label_table(const std::vector<std::string>& labels,
                        const std::vector<LabelCounts>& splits, size_t most) {
  if (!splits.empty() && !splits.front().targets.empty()) {
    std::vector<std::pair<std::string, std::vector<TargetSpread>>> targets;
    for (auto& s : splits) targets.emplace_back(s.split, s.targets);
    return target_table(labels, targets, most);
  }
  std::vector<std::vector<std::string>> rows{{"label"}};
  for (auto& s : splits) rows[0].insert(rows[0].end(), {s.split, "%"});
  std::vector<size_t> order(labels.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (order.size() > most) {
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return splits.front().counts[a] > splits.front().counts[b];
    });
    order.resize(most);
  }
  for (auto c : order) {
    rows.push_back({printable(labels[c])});
    for (auto& s : splits) {
      auto share = 100.0 * static_cast<double>(s.counts[c]) / static_cast<double>(s.samples);
      rows.back().insert(rows.back().end(),
                         {fmt::format("{}", s.counts[c]), fmt::format("{:.1f}", share)});
    }
  }
  auto text = text_table(rows);
  if (order.size() < labels.size())
    text +=
        fmt::format("... and {} more labels, of {}\n", labels.size() - order.size(), labels.size());
  return text;
}

std::vector<std::string> review_labels(const Description& description, const Samples& samples,
                                       Faults& faults) {
  if (traits_of(description.label_kind()).real) return review_targets(samples);
  return Review(description, samples, faults).run();
}

}  // namespace mma
