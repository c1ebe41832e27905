#include "report/report_page.h"

#include <fmt/format.h>

#include <cmath>

#include "base/version.h"
#include "report/html.h"
#include "report/report_sections.h"
#include "report/report_style.h"

namespace mma {
namespace {

// How a run did, in a sentence or two.
std::string verdict_in_words(const ReportedRun& run) {
  auto& results = *run.results;
  auto all = run.record.trained + run.record.frozen;
  auto head = fmt::format(
      "{} was trained on {} with seed {}{}; {} of its {} parameters were trained. ", run.title,
      run.record.data.name.empty() ? "a pack without a name" : shown_name(run.record.data.name),
      results.seed,
      run.seeds > 1
          ? fmt::format(" (one of {} runs; their mean stands in the comparison)", run.seeds)
          : "",
      shown_count(run.record.trained), shown_count(all));
  if (!run.evaluated())
    return head + fmt::format("It is not evaluated on split {} yet; this does it: {}",
                              shown_name(run.split), run.command);
  auto& h = run.headline();
  auto bounds = std::isnan(h.bounds.low) ? std::string()
                                         : fmt::format(
                                               " (95 % interval over samples {:.3f} to "
                                               "{:.3f})",
                                               h.bounds.low, h.bounds.high);
  auto baseline =
      std::isnan(h.baseline)
          ? std::string()
          : fmt::format(
                " Whoever sees no sample and knows only how frequent labels are{} reaches "
                "{:.3f}.",
                run.baseline_of_training ? " in training" : " in this split", h.baseline);
  auto value = std::isfinite(h.value)
                   ? fmt::format("{} is {:.3f}{}.", h.name, h.value, bounds)
                   : fmt::format("{} is undefined there (shown as \"-\").", h.name);
  return fmt::format("{}On the {} samples of split {} its {}{}", head, results.predictions.size(),
                     shown_name(run.split), value, baseline);
}

HtmlTable headline_rows(const ReportedRun& run) {
  HtmlTable table{
      run.title + ", split " + shown_name(run.split), {"metric", "value", "95 % interval"}, {}};
  if (!run.real()) table.head.push_back("by frequency");
  bool tuned = !run.tuned.empty();
  if (tuned) table.head.push_back("tuned");
  for (auto& h : run.headlines) {
    table.rows.push_back({h.name, shown_figure(h.value), shown_bounds(h.bounds)});
    if (!run.real()) table.rows.back().push_back(shown_figure(h.baseline));
    if (tuned) table.rows.back().push_back(shown_figure(h.tuned));
  }
  return table;
}

struct Part {
  const char* id;
  const char* name;
  std::string (*section)(const ReportedRun&);
};

// The parts of a chapter, in their order.
std::vector<Part> parts_of(const ReportedRun& run) {
  std::vector<Part> parts{{"setting", "setting", setting_section},
                          {"curves", "learning curves", curve_section}};
  if (!run.evaluated() || run.real()) return parts;
  bool classes = run.one_class();
  parts.push_back({"labels", classes ? "classes" : "labels", label_section});
  if (!classes) parts.push_back({"decisions", "decisions", decision_section});
  parts.insert(parts.end(), {{"pr", "precision and recall", precision_recall_section},
                             {"calibration", "calibration", calibration_section}});
  if (classes) parts.push_back({"confusion", "confusions", confusion_section});
  parts.insert(parts.end(), {{"gates", "gates", gate_section},
                             {"subsets", "modalities", subset_section},
                             {"errors", "errors", error_section}});
  return parts;
}

std::string navigation(const std::vector<ReportedRun>& runs, bool comparison) {
  std::string items;
  if (comparison) items += "<li><a href=\"#comparison\">Comparison</a></li>\n";
  for (auto& run : runs) {
    items += fmt::format("<li><b><a href=\"#{}\">{}</a></b> ", run.id, html_text(run.title));
    for (auto& part : parts_of(run))
      items += fmt::format("<a href=\"#{}-{}\">{}</a> ", run.id, part.id, part.name);
    items += "</li>\n";
  }
  return "<nav aria-label=\"Contents\"><ul>\n" + items + "</ul></nav>\n";
}

std::string summary(const std::vector<ReportedRun>& runs) {
  std::string words;
  std::vector<std::string> tables;
  for (auto& run : runs) {
    words += fmt::format("<p class=\"lead\">{}</p>\n", html_text(verdict_in_words(run)));
    if (run.evaluated()) tables.push_back(html_table(headline_rows(run)));
  }
  return words + (tables.empty() ? "" : html_columns(tables));
}

std::string chapter(const ReportedRun& run) {
  std::string body;
  if (!run.evaluated())
    body +=
        html_paragraph(fmt::format("No predictions of split {} in this run; this makes them: {}",
                                   shown_name(run.split), run.command));
  body += "<div class=\"chapter\">\n";
  for (auto& part : parts_of(run)) body += part.section(run);
  body += "</div>\n";
  return html_section(2, run.id, run.title, body);
}

}  // namespace

std::string report_page(const std::vector<ReportedRun>& runs,
                        const std::optional<Comparison>& comparison, size_t left_out) {
  bool several =
      comparison && (comparison->systems.size() > 1 || comparison->systems.front().runs > 1);
  auto title = runs.size() == 1 ? "Report: " + runs.front().title
                                : fmt::format("Report of {} systems", runs.size() + left_out);
  std::string body = summary(runs);
  if (left_out > 0)
    body +=
        html_paragraph(fmt::format("{} more systems have no chapter of their own: give fewer "
                                   "runs to see them.",
                                   left_out));
  body += navigation(runs, several);
  if (several) body += comparison_section(*comparison);
  for (auto& run : runs) body += chapter(run);
  return fmt::format(
      "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n"
      "<meta charset=\"utf-8\"/>\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
      "form-action 'none'\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
      "<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<header><h1>{0}</h1>\n"
      "<p class=\"about\">Split {2}, made by mma {3}. Every picture has its numbers below it; "
      "\"-\" is a figure that is not defined.</p></header>\n<main>\n{4}</main>\n"
      "<footer>Intervals over samples: 2.5 % and 97.5 % quantiles of 1,000 bootstrap resamples of "
      "the split.</footer>\n"
      "</body>\n</html>\n",
      html_text(title), kReportStyle, html_text(shown_name(runs.front().split)),
      html_text(version()), body);
}

}  // namespace mma
