#include <fmt/format.h>

#include <algorithm>

#include "report/chart.h"
#include "report/html.h"
#include "report/report_sections.h"
#include "tasks/counts.h"
#include "tasks/metric_direction.h"

namespace mma {
namespace {

constexpr size_t kMostPoints = 300;
constexpr size_t kMostRows = 60;

// At most `most` points, each the mean of so many neighbours.
std::vector<Point> thinned(const std::vector<StepReport>& steps, double StepReport::*value,
                           size_t most) {
  std::vector<Point> points;
  size_t width = (steps.size() + most - 1) / std::max<size_t>(most, 1);
  for (size_t at = 0; at < steps.size(); at += width) {
    Mean step, mean;
    for (size_t i = at; i < std::min(at + width, steps.size()); ++i) {
      step.add(static_cast<double>(steps[i].step));
      mean.add(steps[i].*value);
    }
    points.push_back({step.value(), mean.value()});
  }
  return points;
}

std::vector<Point> of_dev(const TrainingLog& log, const std::string& metric) {
  std::vector<Point> points;
  for (auto& report : log.evaluations) {
    double value = metric.empty() ? report.loss : figure_named(report.metrics, metric);
    points.push_back({static_cast<double>(report.step), value});
  }
  return points;
}

std::string exact(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : "-";
}

HtmlTable step_rows(const TrainingLog& log) {
  HtmlTable table{"Loss and learning rate", {"step", "loss", "learning rate"}, {}};
  auto loss = thinned(log.steps, &StepReport::loss, kMostRows),
       rate = thinned(log.steps, &StepReport::lr, kMostRows);
  for (size_t i = 0; i < loss.size(); ++i)
    table.rows.push_back({fmt::format("{:.0f}", loss[i].x), exact(loss[i].y), exact(rate[i].y)});
  if (log.steps.size() > loss.size())
    table.caption +=
        fmt::format(", means of {} reports", (log.steps.size() + kMostRows - 1) / kMostRows);
  return table;
}

HtmlTable evaluation_rows(const TrainingLog& log) {
  HtmlTable table{"Evaluations while training", {"step", "loss"}, {}};
  const Names wanted{"accuracy", "f1_micro", "f1_macro", "ap_micro", "ap_macro", "auroc_macro"};
  for (auto& name : wanted)
    for (auto& [known, value] : log.evaluations.front().metrics)
      if (known == name) table.head.push_back(name);
  for (auto& report : log.evaluations) {
    table.rows.push_back({std::to_string(report.step), exact(report.loss)});
    for (size_t i = 2; i < table.head.size(); ++i)
      table.rows.back().push_back(shown_figure(figure_named(report.metrics, table.head[i])));
  }
  return table;
}

std::string loss_figure(const ReportedRun& run) {
  auto& log = run.log;
  LineChart chart{
      "step", "loss", {{"training", thinned(log.steps, &StepReport::loss, kMostPoints)}}};
  if (!log.evaluations.empty()) chart.series.push_back({"dev", of_dev(log, ""), true});
  return html_figure({"Loss", "Lower is better; dev rising while training falls is overfitting.",
                      line_chart(chart, {run.id + "-loss", "Loss over the steps",
                                         "Training loss and dev loss; the numbers are below."}),
                      html_numbers(step_rows(log))});
}

std::string dev_figure(const ReportedRun& run) {
  auto metric = run.results->recipe_value("train.select_by");
  LineChart chart{"step", metric, {{"dev", of_dev(run.log, metric), true}}};
  return html_figure(
      {shown_name(metric) + " on dev",
       fmt::format("{} is better; the best step, {}, gave the model.",
                   lower_is_better(metric) ? "Lower" : "Higher", run.record.best_step),
       line_chart(chart, {run.id + "-dev", shown_name(metric) + " on dev over the steps",
                          "One point an evaluation; the numbers are below."}),
       html_numbers(evaluation_rows(run.log))});
}

std::string rate_figure(const ReportedRun& run) {
  LineChart chart{
      "step", "learning rate", {{"rate", thinned(run.log.steps, &StepReport::lr, kMostPoints)}}};
  return html_figure({"Learning rate", "As the schedule had it; its numbers stand with the loss.",
                      line_chart(chart, {run.id + "-rate", "Learning rate over the steps",
                                         "Its numbers stand with those of the loss."}),
                      ""});
}

}  // namespace

std::string curve_section(const ReportedRun& run) {
  auto id = run.id + "-curves";
  if (run.log.steps.empty())
    return html_section(3, id, "Learning curves",
                        html_paragraph("metrics.jsonl of this run has no reports of training."));
  std::vector<std::string> figures{loss_figure(run)};
  if (!run.log.evaluations.empty()) figures.push_back(dev_figure(run));
  figures.push_back(rate_figure(run));
  return html_section(3, id, "Learning curves", html_columns(figures));
}

}  // namespace mma
