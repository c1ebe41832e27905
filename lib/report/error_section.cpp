#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "report/html.h"
#include "report/report_sections.h"
#include "tasks/multiclass.h"
#include "tasks/multilabel.h"

namespace mma {
namespace {

constexpr size_t kMostErrors = 12;
constexpr int kMostOfOneSample = 2;

struct WrongPair {
  size_t sample = 0, label = 0;
  double score = 0;
};

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

// The wrong ones of which `wrong` is true, by score, no sample more than twice.
std::vector<WrongPair> most_confident(const ReportedRun& run, bool given,
                                      const std::vector<uint8_t>& predicted) {
  auto& p = run.results->predictions;
  std::vector<WrongPair> wrong;
  for (size_t i = 0; i < p.scores.size(); ++i)
    if ((predicted[i] != 0) == given && (p.truth[i] != 0) != given)
      wrong.push_back({i / run.labels.size(), i % run.labels.size(), p.scores[i]});
  std::stable_sort(wrong.begin(), wrong.end(),
                   [&](auto& a, auto& b) { return given ? a.score > b.score : a.score < b.score; });
  std::map<size_t, int> seen;
  std::vector<WrongPair> chosen;
  for (auto& pair : wrong) {
    if (chosen.size() == kMostErrors) break;
    if (++seen[pair.sample] <= kMostOfOneSample) chosen.push_back(pair);
  }
  return chosen;
}

std::string error_table(const ReportedRun& run, const char* caption, const char* label_head,
                        const std::vector<WrongPair>& pairs) {
  if (pairs.empty()) return html_paragraph(fmt::format("{}: none.", caption));
  HtmlTable table{caption, {"sample", "score", label_head, "true labels", "highest scores"}, {}, 3};
  bool texts = run.pack && run.pack->texts.known();
  if (texts) {
    table.head.push_back("the text's beginning");
    ++table.text_columns;
  }
  for (auto& pair : pairs) {
    auto& id = run.results->ids[pair.sample];
    table.rows.push_back({shown_name(id), fmt::format("{:.3f}", pair.score), run.label(pair.label),
                          true_labels(run, pair.sample), highest_scores(run, pair.sample)});
    if (texts) table.rows.back().push_back(shortened(run.pack->texts.of(id), 240));
  }
  return html_table(table);
}

}  // namespace

std::string error_section(const ReportedRun& run) {
  auto& p = run.results->predictions;
  auto predicted = run.one_class() ? highest_labels(p) : labels_above(p);
  std::string body = html_paragraph(
      "Where the model was surest and wrong: often a label that is wrong or missing in the data, "
      "else what the model has not understood. A sample stands here twice at most.");
  if (!run.pack || !run.pack->texts.known())
    body += html_paragraph(
        "Beginnings of texts are shown with --data PACK where the tokenizer that the pack was made "
        "with is in the folder of the run's backbone.");
  body += error_table(run, "Given with the highest scores, and not true", "given",
                      most_confident(run, true, predicted));
  if (!run.one_class())
    body += error_table(run, "True, and not given: the lowest scores", "not given",
                        most_confident(run, false, predicted));
  return html_section(3, run.id + "-errors", "Errors worth looking at", body);
}

}  // namespace mma
