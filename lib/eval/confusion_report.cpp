#include "eval/confusion_report.h"

#include <algorithm>

#include "base/error.h"
#include "base/text_table.h"
#include "eval/report_tables.h"
#include "tasks/confusion.h"
#include "tasks/counts.h"

namespace mma {
namespace {

using ConfusionRows = std::vector<std::vector<std::string>>;

constexpr size_t kMostClasses = 20, kMostConfusions = 20;

std::string whole_matrix(const std::vector<Confusion>& matrix,
                         const std::vector<std::string>& labels) {
  ConfusionRows rows(labels.size() + 1, std::vector<std::string>(labels.size() + 1, "0"));
  rows[0][0] = "true class, given:";
  for (size_t c = 0; c < labels.size(); ++c) rows[0][c + 1] = rows[c + 1][0] = printable(labels[c]);
  for (auto& entry : matrix) rows[entry.truth + 1][entry.given + 1] = std::to_string(entry.count);
  return text_table(rows);
}

}  // namespace

nlohmann::ordered_json confusion_json(const Predictions& p,
                                      const std::vector<std::string>& labels) {
  auto json = nlohmann::ordered_json::object();
  size_t last = SIZE_MAX;
  nlohmann::ordered_json row;
  auto finish = [&] {
    if (last != SIZE_MAX) append(json, labels[last], std::move(row));
  };
  for (auto& entry : confusion_matrix(p)) {
    if (entry.truth != last) {
      finish();
      row = nlohmann::ordered_json::object();
      last = entry.truth;
    }
    append(row, labels[entry.given], entry.count);
  }
  finish();
  return json;
}

std::string confusion_table(const Predictions& p, const std::vector<std::string>& labels) {
  const auto matrix = confusion_matrix(p);
  if (labels.size() <= kMostClasses) return whole_matrix(matrix, labels);
  std::vector<int64_t> samples(labels.size());
  for (auto& entry : matrix) samples[entry.truth] += entry.count;
  auto wrong = most_frequent_confusions(matrix);
  const size_t all = wrong.size();
  wrong.resize(std::min(all, kMostConfusions));
  ConfusionRows rows{{"true class", "given class", "samples", "of the class"}};
  for (auto& entry : wrong)
    rows.push_back({printable(labels[entry.truth]), printable(labels[entry.given]),
                    std::to_string(entry.count),
                    fmt::format("{:.1f} %", 100 * ratio(entry.count, samples[entry.truth]))});
  auto text = text_table(rows);
  if (all > wrong.size())
    text += fmt::format("The {} most frequent confusions of {}; all are in metrics.json.\n",
                        wrong.size(), all);
  return text;
}

}  // namespace mma
