#include "report/reported_run.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

#include "base/files.h"
#include "base/names.h"
#include "data/pack_identity.h"
#include "report/baseline.h"
#include "report/bootstrap.h"
#include "report/comparison_table.h"
#include "report/html.h"
#include "tasks/counts.h"
#include "tasks/multiclass.h"
#include "tasks/multilabel.h"
#include "tasks/task.h"

namespace mma {
namespace {

constexpr size_t kMostPictured = 40;
constexpr int64_t kIntervalResamples = 1000;
constexpr int64_t kAffordablePairs = 10'000'000;  // each resampled so often in some 10 s

size_t all_cores() { return std::max(1u, std::thread::hardware_concurrency()); }

// The interval of each of these metrics over resamples of the same samples.
std::vector<Bounds> bounds_of(const std::vector<SystemMetrics>& metrics, int64_t samples) {
  std::vector<Bounds> bounds;
  for (auto& values : bootstrap_means(metrics, samples, kIntervalResamples, all_cores()))
    bounds.push_back(percentile_interval(values));
  return bounds;
}

SystemMetrics alone(std::unique_ptr<WeightedMetric> metric) {
  SystemMetrics metrics;
  metrics.push_back(std::move(metric));
  return metrics;
}

// Of every label, or of those that are pictured where all would take too long.
std::vector<Bounds> bounds_of_labels(const Predictions& p,
                                     const std::vector<LabelMetrics>& labels) {
  std::vector<size_t> chosen(labels.size());
  std::iota(chosen.begin(), chosen.end(), size_t{0});
  if (std::ssize(p.scores) > kAffordablePairs) chosen = pictured_labels(labels);
  std::vector<SystemMetrics> metrics;
  for (size_t c : chosen)
    metrics.push_back(alone(weighted_metric(label_column(p, c), multilabel_task(), "ap_macro")));
  auto found = bounds_of(metrics, p.size());
  std::vector<Bounds> bounds(labels.size(), Bounds{kUndefined, kUndefined});
  for (size_t i = 0; i < chosen.size(); ++i) bounds[chosen[i]] = found[i];
  return bounds;
}

// The shares of labels in the pack's train split, where it is of these labels.
std::vector<double> training_shares(const ReportedRun& run) {
  if (!run.pack || run.pack->info.labels != run.results->labels) return {};
  for (auto& split : run.pack->splits) {
    if (split.labels.split != "train" || split.labels.samples == 0) continue;
    std::vector<double> shares;
    for (auto count : split.labels.counts) shares.push_back(ratio(count, split.labels.samples));
    return shares;
  }
  return {};
}

std::vector<Headline> headlines_of(const ReportedRun& run, const std::vector<double>& shares) {
  auto& p = run.results->predictions;
  auto& task = task_of(run.results->label_kind);
  Metrics baseline;  // of real targets there is none
  if (!run.real()) baseline = task.metrics(frequency_baseline(p, shares));
  std::vector<SystemMetrics> metrics;
  std::vector<Headline> headlines;
  for (auto& name : shown_figures(run.results->label_kind, run.metric)) {
    metrics.push_back(alone(weighted_metric(p, task, name)));
    headlines.push_back({name,
                         figure_named(run.results->metrics, name),
                         {},
                         figure_named(baseline, name),
                         figure_named(run.results->metrics, "tuned_thresholds." + name)});
  }
  auto bounds = bounds_of(metrics, p.size());
  for (size_t i = 0; i < bounds.size(); ++i) headlines[i].bounds = bounds[i];
  return headlines;
}

}  // namespace

ReportedPack read_reported_pack(const std::filesystem::path& file, const std::string& split,
                                const std::filesystem::path& vocabulary) {
  Pack pack(file);
  ReportedPack reported{
      pack.info(), pack_identity(file), {}, read_text_beginnings(pack, split, vocabulary)};
  for (auto& name : pack.splits()) reported.splits.push_back(summarise_split(pack, name));
  return reported;
}

const Headline& ReportedRun::headline() const {
  auto it = std::find_if(headlines.begin(), headlines.end(),
                         [&](auto& headline) { return headline.name == metric; });
  check(it != headlines.end(), "report: no figure of {}", metric);
  return *it;
}

std::string ReportedRun::label(size_t index) const { return shown_name(results->labels[index]); }

ReportedRun describe_run(const RunResults& results, const std::string& split,
                         const std::string& metric, const ReportedPack* pack) {
  ReportedRun run;
  run.split = split;
  run.metric = metric;
  run.results = &results;
  run.record = read_run_record(results.folder / "run.json");
  run.log = read_training_log(results.folder / "metrics.jsonl");
  if (pack && pack->hash == results.data_hash) run.pack = pack;
  run.command = missing_evaluation(results.folder, split);
  if (!run.evaluated()) return run;
  auto& p = results.predictions;
  if (run.real()) {
    run.headlines = headlines_of(run, {});
    return run;
  }
  run.labels = per_label_metrics(p, run.one_class() ? highest_labels(p) : labels_above(p));
  // Thresholds were tuned on dev: they say nothing about it.
  if (!results.thresholds.empty() && split != "dev")
    run.tuned = per_label_metrics(p, labels_above(p, results.thresholds));
  auto shares = training_shares(run);
  run.baseline_of_training = !shares.empty();
  if (shares.empty()) shares = label_shares(p.truth, p.labels);
  run.headlines = headlines_of(run, shares);
  run.label_bounds = bounds_of_labels(p, run.labels);
  auto folder = results.folder / "eval" / split;
  run.gates = read_gates(folder / "gates.json", results.labels);
  if (run.gates && fs::exists(folder / "errors.jsonl"))
    run.error_gates = read_error_gates(folder / "errors.jsonl");
  run.subsets = read_subsets(folder / "subsets.json", results.labels);
  return run;
}

double figure_named(const Metrics& metrics, const std::string& name) {
  for (auto& [known, value] : metrics)
    if (known == name) return value;
  return kUndefined;
}

std::string shown_bounds(const Bounds& bounds) {
  return std::isnan(bounds.low) ? "-" : fmt::format("{:.4f} to {:.4f}", bounds.low, bounds.high);
}

Predictions label_column(const Predictions& p, size_t label) {
  Predictions one{1, {}, {}};
  for (size_t i = label; i < p.scores.size(); i += static_cast<size_t>(p.labels)) {
    one.truth.push_back(p.truth[i]);
    one.scores.push_back(p.scores[i]);
  }
  return one;
}

std::vector<size_t> pictured_labels(const std::vector<LabelMetrics>& labels) {
  std::vector<size_t> order(labels.size());
  std::iota(order.begin(), order.end(), size_t{0});
  auto known = [&](size_t i) { return !std::isnan(labels[i].average_precision); };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (!known(a) || !known(b)) return known(a) && !known(b);
    return labels[a].average_precision > labels[b].average_precision;
  });
  if (order.size() <= kMostPictured) return order;
  auto with = static_cast<size_t>(std::count_if(order.begin(), order.end(), known));
  order.resize(std::max(with, kMostPictured));
  order.erase(order.begin() + kMostPictured / 2, order.end() - kMostPictured / 2);
  return order;
}

std::string pictured_note(size_t labels) {
  if (labels <= kMostPictured) return "";
  return fmt::format(
      " Of {} labels the {} with the highest and the {} with the lowest average "
      "precision are pictured; all are in the table.",
      labels, kMostPictured / 2, kMostPictured / 2);
}

}  // namespace mma
