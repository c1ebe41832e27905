#include "run/errors_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/streamed_file.h"
#include "run/predictions_file.h"
#include "tasks/wrong_decisions.h"

namespace mma {
namespace {

std::string json_quoted(const std::string& text) { return nlohmann::json(text).dump(); }

std::string number(double value) {
  std::string text;
  add_score(text, value);
  return text;
}

}  // namespace

size_t write_errors(const std::filesystem::path& file, const std::vector<std::string>& ids,
                    const std::vector<std::string>& labels, const Predictions& p, LabelKind kind,
                    const std::function<std::string(size_t)>& text_of) {
  const auto width = static_cast<size_t>(p.labels);
  const auto wrong = wrong_decisions(p, kind, kMostErrors);
  StreamedFile out(file);
  for (auto& w : wrong) {
    const size_t at = w.sample * width + w.label;
    std::string line = "{\"id\":" + json_quoted(ids[w.sample]);
    if (traits_of(kind).real) {
      const double truth = p.targets[at];
      line += ",\"target\":" + json_quoted(labels[w.label]) + ",\"truth\":" + number(truth) +
              ",\"predicted\":" + number(w.score) + ",\"error\":" + number(w.score - truth);
    } else if (traits_of(kind).one_a_sample) {
      auto row = p.truth.begin() + static_cast<std::ptrdiff_t>(w.sample * width);
      const auto truth = static_cast<size_t>(std::find(row, row + p.labels, 1) - row);
      line += ",\"truth\":" + json_quoted(labels[truth]) +
              ",\"predicted\":" + json_quoted(labels[w.label]) + ",\"score\":" + number(w.score);
    } else {
      line += ",\"label\":" + json_quoted(labels[w.label]) +
              fmt::format(",\"truth\":{},\"predicted\":{}", !w.given, w.given) +
              ",\"score\":" + number(w.score);
    }
    auto text = text_of ? text_of(w.sample) : "";
    if (!text.empty()) line += ",\"text\":" + json_quoted(text);
    out.add(line + "}\n");
  }
  out.commit();
  return wrong.size();
}

}  // namespace mma
