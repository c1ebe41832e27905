#include "eval/prediction_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/error.h"
#include "run/predictions_file.h"

namespace mma {
namespace {

std::string json_text(const std::string& text) { return nlohmann::json(text).dump(); }

std::string csv_cell(std::string text) {
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos)
    text.insert(0, 1, '\'');
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string cell = "\"";
  for (char ch : text) cell.append(ch == '"' ? 2 : 1, ch);
  return cell + "\"";
}

std::string score_text(double score) {
  std::string text;
  add_score(text, score);
  return text;
}

}  // namespace

PredictionRows::PredictionRows(const PredictionFormat& format, std::vector<std::string> labels,
                               std::vector<double> thresholds)
    : format_(format), labels_(std::move(labels)), thresholds_(std::move(thresholds)) {
  check(!labels_.empty() && (thresholds_.empty() || thresholds_.size() == labels_.size()),
        "predictions: {} thresholds for {} labels", thresholds_.size(), labels_.size());
  if (format_.top == 0 || format_.top > std::ssize(labels_)) format_.top = 0;
}

std::string PredictionRows::head() const {
  if (!format_.csv) return "";
  std::string line = format_.real ? "id" : "id,predicted";
  if (format_.top == 0)
    for (auto& label : labels_) line += "," + csv_cell(label);
  for (int64_t i = 1; i <= format_.top; ++i) line += fmt::format(",label {},score {}", i, i);
  return line + "\n";
}

std::vector<size_t> PredictionRows::shown(const double* scores) const {
  std::vector<size_t> all(labels_.size());
  std::iota(all.begin(), all.end(), size_t{0});
  if (format_.top == 0) return all;
  auto before = [&](size_t a, size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  };
  std::partial_sort(all.begin(), all.begin() + format_.top, all.end(), before);
  all.resize(static_cast<size_t>(format_.top));
  return all;
}

bool PredictionRows::given(size_t label, const double* scores) const {
  if (!thresholds_.empty()) return scores[label] > thresholds_[label];
  return std::max_element(scores, scores + labels_.size()) - scores ==
         static_cast<std::ptrdiff_t>(label);
}

std::string PredictionRows::row(const std::string& id, const double* scores) const {
  std::vector<std::string> predicted;
  for (size_t c = 0; c < labels_.size() && !format_.real; ++c)
    if (given(c, scores)) predicted.push_back(labels_[c]);
  std::string line;
  if (!format_.csv) {
    for (auto& name : predicted) name = json_text(name);
    line = fmt::format("{{\"id\":{},\"predicted\":", json_text(id));
    line += format_.real ? "{" : fmt::format("[{}],\"scores\":{{", fmt::join(predicted, ","));
    bool first = true;
    for (size_t c : shown(scores)) {
      if (!std::exchange(first, false)) line += ',';
      line += json_text(labels_[c]) + ":" + score_text(scores[c]);
    }
    return line + "}}\n";
  }
  for (auto& name : predicted) {
    std::string safe;
    for (char ch : name) {
      if (ch == '|' || ch == '\\') safe += '\\';
      safe += ch;
    }
    name = safe;
  }
  line = csv_cell(id);
  if (!format_.real) line += "," + csv_cell(fmt::format("{}", fmt::join(predicted, "|")));
  for (size_t c : shown(scores)) {
    if (format_.top > 0) line += "," + csv_cell(labels_[c]);
    line += "," + score_text(scores[c]);
  }
  return line + "\n";
}

}  // namespace mma
