#include "report/comparison_table.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "base/names.h"
#include "base/text_table.h"
#include "tasks/metric_direction.h"
#include "tasks/task.h"

namespace mma {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string cell(fmt::format_string<double&> format, double value) {
  return std::isnan(value) ? "-" : fmt::format(format, value);
}

std::string cell(const Interval& value, const char* plus_minus) {
  auto text = cell("{:.4f}", value.mean);
  if (std::isnan(value.half_width)) return text;
  return text + plus_minus + fmt::format("{:.4f}", value.half_width);
}

std::string difference_cell(const System& s, const char* plus_minus) {
  auto text = cell("{:+.4f}", s.difference);
  if (std::isnan(s.difference_half_width)) return text;
  return text + plus_minus + fmt::format("{:.4f}", s.difference_half_width);
}

const SystemFigure* find_figure(const System& system, const std::string& name) {
  auto it = std::find_if(system.figures.begin(), system.figures.end(),
                         [&](auto& figure) { return figure.name == name; });
  return it == system.figures.end() ? nullptr : &*it;
}

std::string escape_markdown(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (std::string_view("\\`*_[]<>|~#$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string escape_latex(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\\') {
      out += "\\textbackslash{}";
    } else if (c == '~') {
      out += "\\textasciitilde{}";
    } else if (c == '^') {
      out += "\\textasciicircum{}";
    } else {
      if (std::string_view("{}$&%#_").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string escape_csv(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

using Escape = std::string (*)(const std::string&);

std::string joined(const std::vector<std::string>& row, Escape escape, const char* separator) {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) line += (i == 0 ? "" : separator) + escape(row[i]);
  return line;
}

std::string text_format(const Comparison& c, size_t columns) {
  return text_table(comparison_rows(c, " ± "), columns) + "\n" + comparison_legend(c);
}

std::string markdown(const Comparison& c, size_t) {
  auto rows = comparison_rows(c, " ± ");
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    text += "| " + joined(rows[r], escape_markdown, " | ") + " |\n";
    if (r > 0) continue;
    text += "|---";
    for (size_t i = 1; i < rows[0].size(); ++i) text += "|---:";
    text += "|\n";
  }
  return text + "\n" + escape_markdown(comparison_legend(c));
}

std::string latex(const Comparison& c, size_t) {
  constexpr const char* kPlusMinus = "\x01";  // in no cell, as names are printable
  auto rows = comparison_rows(c, kPlusMinus);
  std::string text = "\\begin{tabular}{l" + std::string(rows[0].size() - 1, 'r') + "}\n\\hline\n";
  for (size_t r = 0; r < rows.size(); ++r) {
    text += joined(rows[r], escape_latex, " & ") + " \\\\\n";
    if (r == 0) text += "\\hline\n";
  }
  for (size_t at; (at = text.find(kPlusMinus)) != std::string::npos;)
    text.replace(at, 1, " $\\pm$ ");
  return text + "\\hline\n\\end{tabular}\n";
}

std::string csv(const Comparison& c, size_t) {
  std::set<std::string> figures;
  for (auto& s : c.systems)
    for (auto& figure : s.figures) figures.insert(figure.name);
  auto plain = [](double value) { return std::isnan(value) ? "" : fmt::format("{}", value); };
  Rows rows{{"system", "runs", "trained_parameters", "model_bytes", "step_milliseconds",
             "peak_memory_bytes"}};
  for (auto& name : figures) rows[0].insert(rows[0].end(), {name, name + "_half_width"});
  rows[0].insert(rows[0].end(), {"compared_metric", "difference", "difference_half_width",
                                 "p_value", "resamples"});
  for (auto& s : c.systems) {
    rows.push_back({s.name, std::to_string(s.runs), std::to_string(s.trained),
                    std::to_string(s.model_bytes), plain(s.step_milliseconds),
                    plain(s.peak_memory_bytes)});
    auto& row = rows.back();
    for (auto& name : figures) {
      auto* figure = find_figure(s, name);
      row.push_back(figure ? plain(figure->value.mean) : "");
      row.push_back(figure ? plain(figure->value.half_width) : "");
    }
    row.insert(row.end(), {c.metric, plain(s.difference), plain(s.difference_half_width),
                           plain(s.p_value), std::to_string(c.resamples)});
  }
  std::string text;
  for (auto& row : rows) text += joined(row, escape_csv, ",") + "\r\n";
  return text;
}

// Which system dev prefers, and how far the next one is.
std::string legend_of_dev(const Comparison& c) {
  const auto order = by_dev(c);
  if (order.size() < 2) return "";
  auto told = [&](size_t g) {
    return fmt::format("{} ({})", c.systems[g].name, cell(c.systems[g].dev, " ± "));
  };
  return fmt::format(
      " By the best {} on dev in training, by which settings are to be chosen: {}, then {}.{}",
      c.dev_metric, told(order[0]), told(order[1]),
      c.split == "dev" ? "" : fmt::format(" Split {} had no part in it.", printable(c.split)));
}

// Which systems are better or worse than the first, and what that means.
std::string legend_of_differences(const Comparison& c) {
  Names lists[3];
  bool by_samples_alone = false;
  for (size_t g = 1; g < c.systems.size(); ++g) {
    auto& s = c.systems[g];
    auto verdict = judge(s, c.metric);
    lists[static_cast<size_t>(verdict)].push_back(
        verdict == Verdict::kOpen ? s.name : fmt::format("{} (p={:.4f})", s.name, s.p_value));
    by_samples_alone |= std::isnan(s.difference_half_width);
  }
  auto told = [&](Verdict verdict) {
    auto& names = lists[static_cast<size_t>(verdict)];
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, "; "));
  };
  return fmt::format(
      " difference: the mean {} less that of the first row, ± half of its 95 % interval over runs "
      "(Welch's t){}. p: how easily a difference as clear would come about by the choice of "
      "samples "
      "alone if both were equally good (two-sided paired bootstrap, {} resamples of the split); "
      "not corrected for the number of rows. Told apart are rows with p < {} and a difference "
      "beyond its interval over runs{}. In {}, compared with {}: better: {}. Worse: {}. Not told "
      "apart: {}.",
      c.metric, lower_is_better(c.metric) ? "; lower is better" : "", c.resamples, kSignificant,
      by_samples_alone ? " (by p alone where one of the two has a single run)" : "", c.metric,
      c.systems.front().name, told(Verdict::kBetter), told(Verdict::kWorse), told(Verdict::kOpen));
}

}  // namespace

Names shown_figures(LabelKind kind, const std::string& metric) {
  Names names = task_of(kind).about().compared;
  if (std::find(names.begin(), names.end(), metric) == names.end()) names.push_back(metric);
  return names;
}

std::vector<std::vector<std::string>> comparison_rows(const Comparison& c, const char* plus_minus) {
  auto figures = shown_figures(c.label_kind, c.metric);
  Rows rows{{"system", "runs", "trained", "bytes to share", "ms a step", "peak MB"}};
  rows[0].insert(rows[0].end(), figures.begin(), figures.end());
  rows[0].push_back("difference in " + c.metric);
  rows[0].push_back("p");
  for (auto& s : c.systems) {
    rows.push_back({s.name, std::to_string(s.runs), std::to_string(s.trained),
                    std::to_string(s.model_bytes), cell("{:.1f}", s.step_milliseconds),
                    cell("{:.0f}", s.peak_memory_bytes / 1e6)});
    auto& row = rows.back();
    for (auto& name : figures) {
      auto* figure = find_figure(s, name);
      row.push_back(figure ? cell(figure->value, plus_minus) : "-");
    }
    bool first = &s == &c.systems.front();
    row.push_back(first ? "-" : difference_cell(s, plus_minus));
    row.push_back(first ? "-" : cell("{:.4f}", s.p_value));
  }
  return rows;
}

std::string comparison_legend(const Comparison& c) {
  auto text = fmt::format(
      "Figures are of split {} ({} samples). a ± b: the mean over a system's runs and half the "
      "width of its 95 % confidence interval (Student's t over runs; none for a single run). "
      "ms a step: median over the reports of training; peak MB: the highest of all runs, in 10^6 "
      "bytes.",
      printable(c.split), c.samples);
  if (c.systems.size() > 1) text += legend_of_differences(c) + legend_of_dev(c);
  for (auto& note : c.notes) text += " " + note;
  return text + "\n";
}

std::string comparison_table(const Comparison& comparison, const std::string& format,
                             size_t columns) {
  const Table<std::string (*)(const Comparison&, size_t)> formats = {
      {"text", text_format}, {"markdown", markdown}, {"csv", csv}, {"latex", latex}};
  return pick(formats, "format", format)(comparison, columns);
}

}  // namespace mma
