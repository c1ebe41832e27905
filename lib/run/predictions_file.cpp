#include "run/predictions_file.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "base/files.h"
#include "base/streamed_file.h"
#include "data/line_reader.h"
#include "tasks/counts.h"

namespace mma {
namespace {

using Json = nlohmann::json;

// These files come from another machine as often as not: none may exhaust this one.
constexpr size_t kMaxPairs = 500'000'000;  // of sample and label
constexpr int kMaxValueDepth = 16;

// Fills one row of predictions from a line. Trees of thousands of members would take longer to
// build than all the rest, so that the events of the parser are taken as they come.
class LineHandler : public nlohmann::json_sax<Json> {
 public:
  LineHandler(const std::vector<std::string>& labels, LabelKind kind, StoredPredictions& into)
      : labels_(labels), traits_(traits_of(kind)), into_(into) {
    if (traits_.real) parts_[kLabels].expected = "a mapping to numbers";
    for (size_t i = 0; i < labels.size(); ++i) index_.emplace(labels[i], i);
  }
  void read(const std::string& line, std::string where, const std::string& again) {
    where_ = std::move(where);
    auto& p = into_.predictions;
    check_input(p.scores.size() + labels_.size() <= kMaxPairs, "{}: more than {} scores", where_,
                kMaxPairs);
    first_ = p.scores.size();
    constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
    p.scores.resize(first_ + labels_.size(), kNone);
    if (traits_.real)
      p.targets.resize(first_ + labels_.size(), kNone);
    else
      p.truth.resize(first_ + labels_.size(), 0);
    depth_ = 0;
    part_ = nullptr;
    column_ = guess_ = truths_ = 0;
    for (auto& part : parts_) part.met = false, part.members = 0;
    Json::sax_parse(line, this);
    check_row(again);
  }

  bool null() override { return other("null"); }
  bool boolean(bool) override { return other("boolean"); }
  bool number_integer(number_integer_t value) override {
    return number(static_cast<double>(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return number(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return number(value); }
  bool binary(binary_t&) override { return other("binary"); }
  bool string(string_t& value) override {
    if (in(kId)) {
      into_.ids.push_back(std::move(value));
      return true;
    }
    if (traits_.real || !in(kLabels, 2)) return other("string");
    auto label = index_.find(value);
    check_input(label != index_.end(), "{}: labels: the model has no label '{}'", where_,
                printable(value));
    auto& truth = into_.predictions.truth[first_ + label->second];
    check_input(!truth, "{}: labels: '{}' is given twice", where_, printable(value));
    truth = 1;
    ++truths_;
    return true;
  }
  bool start_object(size_t) override {
    if (depth_ > 0 && !in(kScores) && !(traits_.real && in(kLabels))) other("object");
    guess_ = 0;
    return deeper();
  }
  bool start_array(size_t) override {
    if (traits_.real || !in(kLabels)) other("array");
    return deeper();
  }
  bool end_object() override { return --depth_ >= 0; }
  bool end_array() override { return --depth_ >= 0; }
  bool key(string_t& key) override {
    if (depth_ == 1) {
      part_ = nullptr;
      for (auto& part : parts_)
        if (key == part.name) part_ = &part;
      check_input(!part_ || !part_->met, "{}: {} is given twice", where_, printable(key));
      if (part_) part_->met = true;
    } else if (in_numbers()) {
      find_column(key);
    }
    return true;
  }
  bool parse_error(size_t at, const std::string&, const Json::exception&) override {
    throw UserError(
        fmt::format("{}: expected a JSON object, found what is not JSON (byte {})", where_, at));
  }

 private:
  enum PartIndex { kId, kLabels, kScores };
  struct Part {
    const char* name;
    const char* expected;
    bool met = false;
    size_t members = 0;  // of a mapping from labels to numbers
  };

  // Whether the event is of that member of the line, so deep in it.
  bool in(PartIndex part, int depth = 1) const { return part_ == &parts_[part] && depth_ == depth; }
  // Whether the event is of a member of a mapping from labels to numbers.
  bool in_numbers() const { return in(kScores, 2) || (traits_.real && in(kLabels, 2)); }
  // A value that the line need not have, or one of a wrong type.
  bool other(const char* type) {
    check_input(depth_ > 0, "{}: expected a JSON object, found {}", where_, type);
    check_input(!part_ || in_numbers() || depth_ > 2, "{}: {}: expected {}", where_,
                part_ ? part_->name : "", part_ ? part_->expected : "");
    return true;
  }
  bool deeper() {
    check_input(++depth_ <= kMaxValueDepth, "{}: nested deeper than {}", where_, kMaxValueDepth);
    return true;
  }
  // The labels stand in the model's order, unless another program wrote them.
  void find_column(const std::string& key) {
    ++part_->members;
    column_ = guess_;
    if (guess_ >= labels_.size() || labels_[guess_] != key) {
      auto found = index_.find(key);
      column_ = found == index_.end() ? labels_.size() : found->second;
    }
    guess_ = column_ + 1;
  }
  bool number(double value) {
    if (!in_numbers()) return other("number");
    if (column_ == labels_.size()) return true;  // counted, and refused for it
    auto& p = into_.predictions;
    auto put = [&](auto& place, auto number) {
      check_input(std::isnan(place), "{}: {}: '{}' is given twice", where_, part_->name,
                  printable(labels_[column_]));
      check_input(std::isfinite(number), "{}: {}: '{}': {} is beyond float32", where_, part_->name,
                  printable(labels_[column_]), value);
      place = number;
    };
    put((in(kScores, 2) ? p.scores : p.targets)[first_ + column_], static_cast<float>(value));
    return true;
  }
  // That the line's mapping had a number for each label; they end `numbers`.
  void check_numbers(const Part& part, const std::vector<float>& numbers) const {
    check_input(part.members == labels_.size(),
                "{}: {}: expected one for each of the model's {} labels, found {}", where_,
                part.name, labels_.size(), part.members);
    auto row = numbers.begin() + static_cast<std::ptrdiff_t>(first_);
    auto missing = std::find_if(row, numbers.end(), [](float n) { return std::isnan(n); });
    check_input(
        missing == numbers.end(), "{}: {}: no number for label '{}'", where_, part.name,
        missing == numbers.end() ? "" : printable(labels_[static_cast<size_t>(missing - row)]));
  }
  void check_row(const std::string& again) const {
    check_input(parts_[kLabels].met, "{}: without the true labels, from an older version: {}",
                where_, again);
    for (auto& part : parts_) check_input(part.met, "{}: {} is missing", where_, part.name);
    check_numbers(parts_[kScores], into_.predictions.scores);
    if (traits_.real) check_numbers(parts_[kLabels], into_.predictions.targets);
    check_input(!traits_.one_a_sample || truths_ == 1, "{}: labels: expected one class, found {}",
                where_, truths_);
  }

  const std::vector<std::string>& labels_;
  const LabelKindTraits& traits_;
  StoredPredictions& into_;
  std::unordered_map<std::string_view, size_t> index_;
  Part parts_[3] = {{"id", "a text"}, {"labels", "a list of words"}, {"scores", "a mapping"}};
  Part* part_ = nullptr;  // the member of the line that is being read, null for an unknown one
  std::string where_;
  int depth_ = 0;
  size_t first_ = 0;   // of the row, among the scores
  size_t column_ = 0;  // of the member of such a mapping that is being read
  size_t guess_ = 0;   // where the next one is looked for first
  size_t truths_ = 0;
};

}  // namespace

void add_score(std::string& text, double score) {
  auto begin = text.size();
  auto narrow = static_cast<float>(score);
  if (static_cast<double>(narrow) == score)
    fmt::format_to(std::back_inserter(text), "{}", narrow);
  else
    fmt::format_to(std::back_inserter(text), "{}", score);
  // A whole number stays one that is read as a fraction.
  if (text.find_first_not_of("-0123456789", begin) == std::string::npos) text += ".0";
}

void write_predictions(const std::filesystem::path& file, const std::vector<std::string>& ids,
                       const std::vector<std::string>& labels, const Predictions& predictions) {
  auto width = static_cast<size_t>(predictions.labels);
  check(labels.size() == width && ids.size() * width == predictions.scores.size(),
        "predictions: {} samples and {} labels for {} scores", ids.size(), labels.size(),
        predictions.scores.size());
  std::vector<std::string> names;
  for (auto& label : labels) names.push_back(Json(label).dump());
  StreamedFile out(file);
  std::string text;
  for (size_t i = 0; i < ids.size(); ++i) {
    text = "{\"id\":" + Json(ids[i]).dump() + ",\"labels\":";
    auto add_numbers = [&](const auto& numbers) {
      for (size_t c = 0; c < width; ++c) {
        text += c == 0 ? '{' : ',';
        text += names[c];
        text += ':';
        add_score(text, numbers[i * width + c]);
      }
      text += '}';
    };
    if (predictions.targets.empty()) {
      text += '[';
      bool first = true;
      for (size_t c = 0; c < width; ++c) {
        if (!predictions.truth[i * width + c]) continue;
        if (!std::exchange(first, false)) text += ',';
        text += names[c];
      }
      text += ']';
    } else {
      add_numbers(predictions.targets);
    }
    text += ",\"scores\":";
    add_numbers(predictions.scores);
    text += "}\n";
    out.add(text);
  }
  out.commit();
}

StoredPredictions read_predictions(const std::filesystem::path& file,
                                   const std::vector<std::string>& labels, LabelKind kind,
                                   const std::string& again) {
  check_input(fs::is_regular_file(file), "{}: no such file", file.string());
  StoredPredictions stored;
  stored.predictions.labels = static_cast<int64_t>(labels.size());
  LineHandler handler(labels, kind, stored);
  LineReader reader(file);
  std::string line;
  for (int64_t number = 1; reader.next(line); ++number)
    handler.read(line, fmt::format("{}:{}", file.string(), number), again);
  check_input(!stored.ids.empty(), "{}: no predictions in it", file.string());
  return stored;
}

}  // namespace mma
