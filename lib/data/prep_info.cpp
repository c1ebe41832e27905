#include <algorithm>

#include "base/error.h"
#include "base/text_table.h"
#include "base/utf8.h"
#include "data/label_review.h"
#include "data/pack.h"
#include "data/pack_summary.h"
#include "data/prep.h"

namespace mma {
namespace {

using TextRows = std::vector<std::vector<std::string>>;

template <class Number>
std::string text(Number number) {
  return fmt::format("{}", number);
}

std::string split_table(const std::vector<SplitSummary>& splits, bool has_text) {
  TextRows rows{{"split", "samples", "dropped"}};
  if (has_text)
    rows[0] = {"split", "samples", "tokens", "truncated", "dropped", "shortest",
               "25 %",  "median",  "75 %",   "95 %",      "longest"};
  for (auto& s : splits) {
    if (!has_text) {
      rows.push_back({s.labels.split, text(s.labels.samples), text(s.dropped)});
      continue;
    }
    int64_t tokens = 0;
    for (auto length : s.lengths) tokens += length;
    rows.push_back(
        {s.labels.split, text(s.labels.samples), text(tokens), text(s.truncated), text(s.dropped)});
    for (double share : {0.0, 0.25, 0.5, 0.75, 0.95, 1.0})
      rows.back().push_back(text(length_quantile(s.lengths, share)));
  }
  return text_table(rows);
}

std::string modality_table(const PackInfo& info, const std::vector<SplitSummary>& splits) {
  TextRows rows{{"modality", "dim", "segments"}};
  for (auto& s : splits) rows[0].push_back("no " + s.labels.split);
  const bool half =
      std::any_of(info.modalities.begin(), info.modalities.end(), [](auto& m) { return m.half; });
  if (half) rows[0].push_back("stored as");
  rows[0].push_back("source");
  for (size_t m = 0; m < info.modalities.size(); ++m) {
    auto& modality = info.modalities[m];
    rows.push_back({modality.name, text(modality.dim), text(modality.segments)});
    for (auto& s : splits) rows.back().push_back(text(s.missing[m]));
    if (half) rows.back().push_back(modality.half ? "float16" : "float32");
    rows.back().push_back(modality.source);
  }
  return text_table(rows);
}

std::string what_texts(const PackInfo& info) {
  if (!info.has_text()) return "no texts";
  return fmt::format("tokenizer {} ({} tokens, SHA-256 {}), texts of at most {} tokens",
                     printable(info.tokenizer_kind), info.vocabulary_size,
                     printable(info.tokenizer_hash.substr(0, 12)), info.max_length);
}

std::string what_labels(const PackInfo& info) {
  if (info.labels.empty()) return "no labels";
  auto& traits = traits_of(info.label_kind);
  if (traits.real) return fmt::format("real targets: {}", info.labels.size());
  return fmt::format("{} of {} labels", traits.one_a_sample ? "one" : "any number",
                     info.labels.size());
}

}  // namespace

std::string describe_pack(const std::filesystem::path& file, size_t most_labels) {
  Pack pack(file);
  auto& info = pack.info();
  std::vector<SplitSummary> splits;
  for (auto& split : pack.splits()) splits.push_back(summarise_split(pack, split));
  const auto labels = what_labels(info);
  auto head = fmt::format("{}: {}, {}, {}\n", escape_controls(file.string()), printable(info.name),
                          labels, what_texts(info));
  std::vector<std::string> parts{head, split_table(splits, info.has_text())};
  if (!info.modalities.empty()) parts.push_back(modality_table(info, splits));
  std::vector<LabelCounts> counts;
  for (auto& split : splits) counts.push_back(split.labels);
  if (!info.labels.empty()) parts.push_back(label_table(info.labels, counts, most_labels));
  return fmt::format("{}", fmt::join(parts, "\n"));
}

}  // namespace mma
