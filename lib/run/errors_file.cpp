#include "run/errors_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/json_file.h"
#include "base/streamed_file.h"
#include "data/line_reader.h"
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

std::string json_object(const SampleGates& gates) {
  std::vector<std::string> members;
  for (auto& [input, value] : gates)
    members.push_back(fmt::format("{}:{}", json_quoted(input), number(value)));
  return fmt::format("{{{}}}", fmt::join(members, ","));
}

}  // namespace

size_t write_errors(const std::filesystem::path& file, const std::vector<std::string>& ids,
                    const std::vector<std::string>& labels, const Predictions& p, LabelKind kind,
                    const ErrorNotes& notes) {
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
    if (notes.gates_of) line += ",\"gates\":" + json_object(notes.gates_of(w.sample));
    auto text = notes.text_of ? notes.text_of(w.sample) : "";
    if (!text.empty()) line += ",\"text\":" + json_quoted(text);
    out.add(line + "}\n");
  }
  out.commit();
  return wrong.size();
}

std::map<std::string, SampleGates> read_error_gates(const fs::path& file) {
  std::map<std::string, SampleGates> all;
  LineReader reader(file);
  std::string line;
  for (size_t row = 1; row <= kMostErrors && reader.next(line); ++row) {
    const auto where = fmt::format("{}:{}", file.string(), row);
    const auto json = parse_json_object<nlohmann::ordered_json>(line, where);
    const auto id = json.find("id"), gates = json.find("gates");
    check_input(id != json.end() && id->is_string(), "{}: expected the id of a sample", where);
    if (gates == json.end()) continue;
    check_input(gates->is_object(), "{}: gates: expected an object", where);
    auto& of_sample = all[id->get<std::string>()];
    if (!of_sample.empty()) continue;  // told with an error before
    for (auto& [input, value] : gates->items()) {
      check_input(value.is_number(), "{}: gates: expected numbers", where);
      of_sample.emplace_back(input, value.get<double>());
    }
  }
  return all;
}

}  // namespace mma
