#include "report/comparison.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <thread>

#include "base/log.h"
#include "base/names.h"
#include "report/bootstrap.h"
#include "tasks/counts.h"
#include "tasks/metric_direction.h"
#include "tasks/task.h"

namespace mma {
namespace {

using Groups = std::vector<std::vector<size_t>>;

// A run whose metrics.json is further from its predictions than this, of errors beyond 1 than this
// share, is not of one evaluation.
constexpr double kSameFigure = 1e-6;

void check_comparable(const std::vector<RunResults>& runs, Faults& faults) {
  for (auto& run : runs) {
    auto& first = runs.front();
    auto differs = [&](bool differ, const std::string& what) {
      if (differ)
        faults.add("differs", fmt::format("{}: {} than {}: not comparable", run.folder.string(),
                                          what, first.folder.string()));
    };
    bool other_labels = run.labels != first.labels || run.label_kind != first.label_kind;
    bool other_samples = run.ids != first.ids;
    differs(other_labels, "other labels");
    differs(other_samples, "evaluated on other samples");
    differs(!other_labels && !other_samples &&
                (run.predictions.truth != first.predictions.truth ||
                 run.predictions.targets != first.predictions.targets),
            "other true labels of the same samples");
  }
}

void check_seeds(const std::vector<RunResults>& runs, const Groups& groups, Faults& faults) {
  for (auto& group : groups) {
    std::map<int64_t, std::string> seen;
    for (auto i : group) {
      auto [it, is_new] = seen.emplace(runs[i].seed, runs[i].folder.string());
      if (!is_new)
        faults.add("seed", fmt::format("{}: the same recipe and seed {} as {}; give one of them",
                                       runs[i].folder.string(), runs[i].seed, it->second));
    }
  }
}

double value_once(const WeightedMetric& metric, const RunResults& run) {
  return metric(std::vector<uint32_t>(run.ids.size(), 1));
}

// The metric as a function of how often each sample counts, of every run; a fault where
// metrics.json says another value than it has with all samples once.
SystemMetrics metrics_of_runs(const std::vector<RunResults>& runs, const std::string& name,
                              Faults& faults) {
  SystemMetrics metrics;
  for (auto& run : runs) {
    metrics.push_back(weighted_metric(run.predictions, task_of(run.label_kind), name));
    double value = value_once(*metrics.back(), run);
    auto written = std::find_if(run.metrics.begin(), run.metrics.end(),
                                [&](auto& figure) { return figure.first == name; });
    if (written == run.metrics.end() ||
        std::abs(written->second - value) > kSameFigure * std::max(1.0, std::abs(value)))
      faults.add("metrics", fmt::format("{}: metrics.json and predictions.jsonl disagree on {}; "
                                        "run mma-eval again",
                                        run.folder.string(), name));
  }
  return metrics;
}

// Sentences on what the runs do not have in common beside their recipes.
std::vector<std::string> notes_of(const std::vector<RunResults>& runs) {
  std::set<std::string> backbones, packs;
  for (auto& run : runs) {
    backbones.insert(run.backbone_hash);
    packs.insert(run.data_hash);
  }
  std::vector<std::string> notes;
  if (backbones.size() > 1)
    notes.push_back(fmt::format("The systems stand on {} different backbones.", backbones.size()));
  if (packs.size() > 1)
    notes.push_back(
        fmt::format("The systems were trained on {} different packs: the samples of this split and "
                    "their labels are the same, texts, features and the training samples need not "
                    "be.",
                    packs.size()));
  return notes;
}

// The figures that every run of the group has.
std::vector<SystemFigure> figures_of(const std::vector<RunResults>& runs,
                                     const std::vector<size_t>& group) {
  std::map<std::string, std::vector<double>> values;
  for (auto i : group)
    for (auto& [name, value] : runs[i].metrics) values[name].push_back(value);
  std::vector<SystemFigure> figures;
  for (auto& [name, all] : values)
    if (all.size() == group.size()) figures.push_back({name, mean_interval(all)});
  return figures;
}

double median(std::vector<double> values) {
  if (values.empty()) return kUndefined;
  std::sort(values.begin(), values.end());
  auto middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

System summarise(const std::vector<RunResults>& runs, const std::vector<size_t>& group) {
  System system;
  system.runs = std::ssize(group);
  system.trained = runs[group.front()].trained;
  system.peak_memory_bytes = kUndefined;
  std::vector<double> steps;
  for (auto i : group) {
    auto& run = runs[i];
    system.model_bytes = std::max(system.model_bytes, run.model_bytes);
    system.peak_memory_bytes = std::fmax(system.peak_memory_bytes, run.peak_memory_bytes);
    steps.insert(steps.end(), run.step_milliseconds.begin(), run.step_milliseconds.end());
  }
  system.step_milliseconds = median(steps);
  system.figures = figures_of(runs, group);
  return system;
}

// What each system reached on dev in training, where all runs were selected by one metric there.
void set_dev(const std::vector<RunResults>& runs, const Groups& groups, Comparison& comparison) {
  const auto metric = runs.front().recipe_value("train.select_by");
  for (auto& run : runs)
    if (run.recipe_value("train.select_by") != metric || std::isnan(run.best_of_dev)) return;
  comparison.dev_metric = metric;
  for (size_t g = 0; g < groups.size(); ++g) {
    std::vector<double> values;
    for (auto i : groups[g]) values.push_back(runs[i].best_of_dev);
    comparison.systems[g].dev = mean_interval(values);
  }
}

// Sets difference and p-value of every system; gives the number of resamples. `metrics`: of every
// run.
int64_t test_differences(const std::vector<RunResults>& runs, const Groups& groups,
                         SystemMetrics metrics, Comparison& comparison) {
  std::vector<SystemMetrics> of_groups(groups.size());
  std::vector<std::vector<double>> values(groups.size());
  for (size_t g = 0; g < groups.size(); ++g) {
    for (auto i : groups[g]) {
      values[g].push_back(value_once(*metrics[i], runs[i]));
      of_groups[g].push_back(std::move(metrics[i]));
    }
    auto difference = difference_interval(values[0], values[g]);
    comparison.systems[g].difference = difference.mean;
    comparison.systems[g].difference_half_width = g == 0 ? kUndefined : difference.half_width;
    comparison.systems[g].p_value = kUndefined;
  }
  if (groups.size() < 2) return 0;
  auto pairs = std::ssize(runs.front().predictions.scores) * std::ssize(runs);
  auto resamples = affordable_resamples(pairs);
  auto resampled = bootstrap_means(of_groups, comparison.samples, resamples,
                                   std::max(1u, std::thread::hardware_concurrency()));
  for (size_t g = 1; g < groups.size(); ++g)
    comparison.systems[g].p_value = paired_p_value(resampled[0], resampled[g]);
  return resamples;
}

// The keys, dotted, in which recipes of the runs differ.
std::set<std::string> differing_keys(const std::vector<const RunResults*>& runs) {
  std::set<std::string> keys;
  for (auto* run : runs)
    for (auto& [key, value] : run->recipe)
      for (auto* other : runs)
        if (other->recipe_value(key) != value) keys.insert(key);
  return keys;
}

// What the user calls a group: the folder that holds its runs, or the run's own if there is one.
std::string folder_name(const std::vector<RunResults>& runs, const std::vector<size_t>& group) {
  auto folder = [](const RunResults& run) {
    return std::filesystem::absolute(run.folder).lexically_normal();
  };
  auto first = folder(runs[group.front()]);
  return (group.size() == 1 ? first : first.parent_path()).filename().string();
}

}  // namespace

std::vector<std::vector<size_t>> group_runs(const std::vector<RunResults>& runs) {
  Groups groups;
  for (size_t i = 0; i < runs.size(); ++i) {
    auto same = [&](const std::vector<size_t>& group) {
      auto& first = runs[group.front()];
      return first.recipe == runs[i].recipe && first.data_hash == runs[i].data_hash &&
             first.backbone_hash == runs[i].backbone_hash;
    };
    auto it = std::find_if(groups.begin(), groups.end(), same);
    if (it == groups.end()) it = groups.insert(groups.end(), std::vector<size_t>{});
    it->push_back(i);
  }
  return groups;
}

std::vector<std::string> system_names(const std::vector<RunResults>& runs, const Groups& groups) {
  constexpr size_t kMostKeys = 2;
  std::map<std::string, std::vector<const RunResults*>> alike;
  std::map<std::string, std::set<std::string>> folders;
  auto plain = [](const RunResults& run) {
    const auto inputs = run.inputs(run.modalities);
    return fmt::format("{} {}", printable(run.recipe_value("model.name")),
                       printable(fmt::format("{}", fmt::join(inputs, "+"))));
  };
  for (auto& group : groups) {
    auto name = plain(runs[group.front()]);
    alike[name].push_back(&runs[group.front()]);
    folders[name].insert(folder_name(runs, group));
  }
  std::vector<std::string> names;
  for (auto& group : groups) {
    auto& run = runs[group.front()];
    auto name = plain(run);
    auto& others = alike.at(name);
    auto keys = differing_keys(others);
    if (keys.size() > kMostKeys && folders.at(name).size() == others.size()) {
      names.push_back(fmt::format("{} ({})", name, printable(folder_name(runs, group))));
      continue;
    }
    for (auto& [key, value] : run.recipe)
      if (keys.count(key)) name += fmt::format(" {}={}", printable(key), printable(value));
    auto differs = [&](std::string RunResults::*hash) {
      return std::any_of(others.begin(), others.end(), [&](auto* other) {
        return other->*hash != run.*hash && other->recipe == run.recipe;
      });
    };
    if (differs(&RunResults::backbone_hash))
      name += fmt::format(" backbone={:.8}", printable(run.backbone_hash));
    if (differs(&RunResults::data_hash))
      name += fmt::format(" data={:.8}", printable(run.data_hash));
    names.push_back(name);
  }
  return names;
}

std::vector<size_t> by_dev(const Comparison& comparison) {
  std::vector<size_t> order;
  if (comparison.dev_metric.empty()) return order;
  for (size_t g = 0; g < comparison.systems.size(); ++g) order.push_back(g);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return is_better(comparison.dev_metric, comparison.systems[a].dev.mean,
                     comparison.systems[b].dev.mean);
  });
  return order;
}

Verdict judge(const System& s, const std::string& metric) {
  bool seeds_agree =
      std::isnan(s.difference_half_width) || std::abs(s.difference) > s.difference_half_width;
  if (!(s.p_value < kSignificant) || !seeds_agree) return Verdict::kOpen;
  return is_better(metric, s.difference, 0) ? Verdict::kBetter : Verdict::kWorse;
}

Comparison compare_runs(const std::vector<RunResults>& runs, const std::string& split,
                        const std::string& metric_name, Faults& faults) {
  auto groups = group_runs(runs);
  SystemMetrics metrics;
  Comparison comparison;
  comparison.split = split;
  if (!runs.empty()) {
    comparison.metric =
        metric_name.empty() ? runs.front().recipe_value("train.select_by") : metric_name;
    comparison.label_kind = runs.front().label_kind;
    comparison.samples = runs.front().predictions.size();
    auto before = faults.count();
    check_comparable(runs, faults);
    check_seeds(runs, groups, faults);
    auto known = task_of(comparison.label_kind).metric_names();
    if (std::find(known.begin(), known.end(), comparison.metric) == known.end()) {
      faults.add("metric", unknown_name("metric", comparison.metric, known));
    } else if (faults.count() == before) {
      metrics = metrics_of_runs(runs, comparison.metric, faults);
    }
  }
  faults.raise();
  check_input(!runs.empty(), "compare: no run was given");
  comparison.notes = notes_of(runs);
  for (auto& note : comparison.notes) log_warning("compare", "{}", note);
  auto names = system_names(runs, groups);
  for (size_t g = 0; g < groups.size(); ++g) {
    comparison.systems.push_back(summarise(runs, groups[g]));
    comparison.systems.back().name = names[g];
  }
  set_dev(runs, groups, comparison);
  comparison.resamples = test_differences(runs, groups, std::move(metrics), comparison);
  return comparison;
}

}  // namespace mma
