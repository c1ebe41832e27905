#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "report/html.h"
#include "report/report_sections.h"
#include "tasks/wrong_decisions.h"

namespace mma {
namespace {

constexpr size_t kMostShown = 12;
constexpr size_t kMostWrong = 1'000'000;  // among which they are looked for
constexpr int kMostOfOneSample = 2;

std::string true_labels(const ReportedRun& run, size_t sample) {
  auto& p = run.results->predictions;
  Names names;
  for (size_t c = 0; c < run.labels.size(); ++c)
    if (p.truth[sample * run.labels.size() + c]) names.push_back(run.label(c));
  if (names.empty()) return "none";
  auto all = names.size();
  names.resize(std::min<size_t>(all, 6));
  return fmt::format("{}{}", fmt::join(names, ", "), all > 6 ? ", …" : "");
}

std::string highest_scores(const ReportedRun& run, size_t sample) {
  auto* scores = run.results->predictions.scores.data() + sample * run.labels.size();
  std::vector<size_t> order(run.labels.size());
  std::iota(order.begin(), order.end(), size_t{0});
  auto most = std::min<size_t>(order.size(), 3);
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
      [&](size_t a, size_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  Names names;
  for (size_t i = 0; i < most; ++i)
    names.push_back(fmt::format("{} {:.2f}", run.label(order[i]), scores[order[i]]));
  return fmt::format("{}", fmt::join(names, ", "));
}

// "video 0.61, text 0.39"
std::string shown_gates(const ReportedRun& run, const std::string& id) {
  const auto it = run.error_gates.find(id);
  if (it == run.error_gates.end()) return "";
  Names shown;
  for (auto& [input, gate] : it->second)
    shown.push_back(fmt::format("{} {:.2f}", shown_name(input), gate));
  return fmt::format("{}", fmt::join(shown, ", "));
}

// Those that were given, or not, no sample more than twice.
std::vector<WrongDecision> shown_ones(const std::vector<WrongDecision>& wrong, bool given) {
  std::map<size_t, int> seen;
  std::vector<WrongDecision> chosen;
  for (auto& one : wrong) {
    if (chosen.size() == kMostShown) break;
    if (one.given == given && ++seen[one.sample] <= kMostOfOneSample) chosen.push_back(one);
  }
  return chosen;
}

std::string error_table(const ReportedRun& run, const char* caption, const char* label_head,
                        const std::vector<WrongDecision>& wrong) {
  if (wrong.empty()) return html_paragraph(fmt::format("{}: none.", caption));
  HtmlTable table{caption, {"sample", "score", label_head, "true labels", "highest scores"}, {}, 3};
  const bool gates = !run.error_gates.empty();
  if (gates) {
    table.head.push_back("gates");
    ++table.text_columns;
  }
  bool texts = run.pack && run.pack->texts.known();
  if (texts) {
    table.head.push_back("the text's beginning");
    ++table.text_columns;
  }
  for (auto& one : wrong) {
    auto& id = run.results->ids[one.sample];
    table.rows.push_back({shown_name(id), fmt::format("{:.3f}", one.score), run.label(one.label),
                          true_labels(run, one.sample), highest_scores(run, one.sample)});
    if (gates) table.rows.back().push_back(shown_gates(run, id));
    if (texts) table.rows.back().push_back(shortened(run.pack->texts.of(id), 240));
  }
  return html_table(table);
}

}  // namespace

std::string error_section(const ReportedRun& run) {
  const auto wrong = wrong_decisions(run.results->predictions, run.results->label_kind, kMostWrong);
  std::string body = html_paragraph(
      "Where the model was surest and wrong: often a label that is wrong or missing in the data, "
      "else what the model has not understood. A sample stands here twice at most.");
  if (!run.pack || !run.pack->texts.known())
    body += html_paragraph(
        "Beginnings of texts are shown with --data PACK where the tokenizer that the pack was made "
        "with is in the folder of the run's backbone.");
  body += error_table(run, "Given with the highest scores, and not true", "given",
                      shown_ones(wrong, true));
  if (!run.one_class())
    body += error_table(run, "True, and not given: the lowest scores", "not given",
                        shown_ones(wrong, false));
  return html_section(3, run.id + "-errors", "Errors worth looking at", body);
}

}  // namespace mma
