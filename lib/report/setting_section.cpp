#include <fmt/format.h>
#include <fmt/ranges.h>

#include "report/html.h"
#include "report/report_sections.h"

namespace mma {
namespace {

std::string short_hash(const std::string& hash) {
  return hash.empty() ? "-" : shown_name(hash.substr(0, 12));
}

std::string share_of(int64_t part, int64_t whole) {
  return whole == 0 ? "-"
                    : fmt::format("{:.1f} %",
                                  100 * static_cast<double>(part) / static_cast<double>(whole));
}

HtmlTable facts(const ReportedRun& run) {
  auto& r = *run.results;
  auto& record = run.record;
  HtmlTable table{"The run", {"what", "value"}, {}, 1};
  auto add = [&](const char* what, const std::string& value) {
    table.rows.push_back({what, value});
  };
  auto or_dash = [](const std::string& text) { return text.empty() ? "-" : shown_name(text); };
  add("run directory", shown_name(r.folder.string()));
  add("model", or_dash(r.recipe_value("model.name")));
  Names inputs;
  for (auto& name : r.inputs(r.modalities)) inputs.push_back(shown_name(name));
  add("inputs", fmt::format("{}", fmt::join(inputs, ", ")));
  add("labels", run.real() ? fmt::format("{} real targets", r.labels.size())
                           : fmt::format("{}, {} a sample", r.labels.size(),
                                         run.one_class() ? "one" : "any number"));
  add("data set", or_dash(record.data.name));
  add("data SHA-256", short_hash(record.data.hash));
  add("backbone SHA-256", short_hash(record.backbone.hash));
  add("tokenizer", fmt::format("{}, SHA-256 {}", or_dash(record.tokenizer.name),
                               short_hash(record.tokenizer.hash)));
  add("parameters trained", fmt::format("{} of {} ({})", shown_count(record.trained),
                                        shown_count(record.trained + record.frozen),
                                        share_of(record.trained, record.trained + record.frozen)));
  add("bytes to share", shown_count(r.model_bytes));
  add("device", or_dash(record.device));
  add("seed", std::to_string(r.seed));
  add("best step on dev", record.best_step < 0 ? "-" : std::to_string(record.best_step));
  add("mma version", or_dash(record.version));
  return table;
}

HtmlTable recipe_table(const ReportedRun& run) {
  HtmlTable table{"The recipe, every key", {"key", "value"}, {}, 1};
  for (auto& [key, value] : run.results->recipe)
    table.rows.push_back({shown_name(key), shown_name(value)});
  return table;
}

HtmlTable split_rows(const ReportedPack& pack) {
  HtmlTable table{"Splits, and the lengths of their texts in tokens",
                  {"split", "samples", "cut", "left out", "shortest", "median", "95 %", "longest"},
                  {}};
  if (!pack.info.has_text()) table = {"Splits", {"split", "samples", "left out"}, {}};
  for (auto& split : pack.splits) {
    if (!pack.info.has_text()) {
      table.rows.push_back({shown_name(split.labels.split), shown_count(split.labels.samples),
                            shown_count(split.dropped)});
      continue;
    }
    table.rows.push_back({shown_name(split.labels.split), shown_count(split.labels.samples),
                          shown_count(split.truncated), shown_count(split.dropped)});
    for (double share : {0.0, 0.5, 0.95, 1.0})
      table.rows.back().push_back(
          split.lengths.empty() ? "-" : shown_count(length_quantile(split.lengths, share)));
  }
  return table;
}

HtmlTable missing_rows(const ReportedPack& pack) {
  HtmlTable table{"Samples that lack a modality", {"modality", "numbers a sample"}, {}};
  for (auto& split : pack.splits)
    table.head.push_back(fmt::format("lack it in {}", shown_name(split.labels.split)));
  for (size_t m = 0; m < pack.info.modalities.size(); ++m) {
    table.rows.push_back(
        {shown_name(pack.info.modalities[m].name), shown_count(pack.info.modalities[m].width())});
    for (auto& split : pack.splits)
      table.rows.back().push_back(fmt::format("{} ({})", shown_count(split.missing[m]),
                                              share_of(split.missing[m], split.labels.samples)));
  }
  return table;
}

HtmlTable count_rows(const ReportedPack& pack) {
  HtmlTable table{"Samples of each label", {"label"}, {}};
  for (auto& split : pack.splits) table.head.push_back(shown_name(split.labels.split));
  for (size_t c = 0; c < pack.info.labels.size(); ++c) {
    table.rows.push_back({shown_name(pack.info.labels[c])});
    for (auto& split : pack.splits)
      table.rows.back().push_back(
          fmt::format("{} ({})", shown_count(split.labels.counts[c]),
                      share_of(split.labels.counts[c], split.labels.samples)));
  }
  return table;
}

}  // namespace

std::string setting_section(const ReportedRun& run) {
  auto about = html_table(facts(run)) + html_numbers(recipe_table(run));
  std::string data;
  if (run.pack) {
    data += html_table(split_rows(*run.pack));
    if (!run.pack->info.modalities.empty()) data += html_table(missing_rows(*run.pack));
    if (!run.pack->info.labels.empty() && !run.real())
      data += html_numbers(count_rows(*run.pack), false);
  } else {
    data += html_paragraph(
        "Counts of samples and labels, lengths of texts and missing modalities stand in the pack: "
        "mma-eval report with --data and the pack that this run was trained on shows them.");
  }
  return html_section(3, run.id + "-setting", "What was trained on what",
                      html_columns({about, data}));
}

}  // namespace mma
