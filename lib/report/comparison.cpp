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

namespace mma {
namespace {

using Groups = std::vector<std::vector<size_t>>;

// A run whose metrics.json is further from its predictions than this is not of one evaluation.
constexpr double kSameFigure = 1e-6;

void check_comparable(const std::vector<RunResults>& runs, Faults& faults) {
  for (auto& run : runs) {
    auto& first = runs.front();
    auto differs = [&](bool differ, const std::string& what) {
      if (differ)
        faults.add("differs", fmt::format("{}: {} than {}: not comparable", run.folder.string(),
                                          what, first.folder.string()));
    };
    differs(run.data_hash != first.data_hash, "trained on other data");
    bool other_labels = run.labels != first.labels || run.multiclass != first.multiclass;
    bool other_samples = run.ids != first.ids;
    differs(other_labels, "other labels");
    differs(other_samples, "evaluated on other samples");
    differs(!other_labels && !other_samples && run.predictions.truth != first.predictions.truth,
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

// All figures of a run, by its predictions.
Metrics metrics_of_run(const RunResults& run) {
  return run.multiclass ? multiclass_metrics(run.predictions) : multilabel_metrics(run.predictions);
}

// The metric of every run; a fault where metrics.json says another.
std::vector<double> values_of(const std::vector<RunResults>& runs, const std::string& name,
                              Faults& faults) {
  std::vector<double> values;
  for (auto& run : runs) {
    values.push_back(metric(metrics_of_run(run), name));
    auto written = std::find_if(run.metrics.begin(), run.metrics.end(),
                                [&](auto& figure) { return figure.first == name; });
    if (written == run.metrics.end() || std::abs(written->second - values.back()) > kSameFigure)
      faults.add("metrics", fmt::format("{}: metrics.json and predictions.jsonl disagree on {}; "
                                        "run mma-eval again",
                                        run.folder.string(), name));
  }
  return values;
}

void warn_of_backbones(const std::vector<RunResults>& runs) {
  std::set<std::string> hashes;
  for (auto& run : runs) hashes.insert(run.backbone_hash);
  if (hashes.size() > 1)
    log_warning("compare", "the systems stand on {} different backbones", hashes.size());
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

// Sets difference and p-value of every system; gives the number of resamples.
int64_t test_differences(const std::vector<RunResults>& runs, const Groups& groups,
                         const std::vector<double>& values, Comparison& comparison) {
  std::vector<SystemMetrics> metrics(groups.size());
  std::vector<double> means;
  for (size_t g = 0; g < groups.size(); ++g) {
    std::vector<double> of_group;
    for (auto i : groups[g]) {
      metrics[g].push_back(
          weighted_metric(runs[i].predictions, runs[i].multiclass, comparison.metric));
      of_group.push_back(values[i]);
    }
    means.push_back(mean_interval(of_group).mean);
    comparison.systems[g].difference = means[g] - means[0];
    comparison.systems[g].p_value = kUndefined;
  }
  if (groups.size() < 2) return 0;
  auto pairs = std::ssize(runs.front().predictions.scores) * std::ssize(runs);
  auto resamples = affordable_resamples(pairs);
  auto resampled = bootstrap_means(metrics, comparison.samples, resamples,
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
    Names inputs{"text"};
    inputs.insert(inputs.end(), run.modalities.begin(), run.modalities.end());
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
    for (auto* other : others)
      if (other->backbone_hash != run.backbone_hash && other->recipe == run.recipe) {
        name += fmt::format(" backbone={:.8}", printable(run.backbone_hash));
        break;
      }
    names.push_back(name);
  }
  return names;
}

Comparison compare_runs(const std::vector<RunResults>& runs, const std::string& split,
                        const std::string& metric_name, Faults& faults) {
  auto groups = group_runs(runs);
  std::vector<double> values;
  Comparison comparison;
  comparison.split = split;
  if (!runs.empty()) {
    comparison.metric =
        metric_name.empty() ? runs.front().recipe_value("train.select_by") : metric_name;
    comparison.multiclass = runs.front().multiclass;
    comparison.samples = runs.front().predictions.size();
    auto before = faults.count();
    check_comparable(runs, faults);
    check_seeds(runs, groups, faults);
    auto known = names_of(metrics_of_run(runs.front()));
    if (std::find(known.begin(), known.end(), comparison.metric) == known.end()) {
      faults.add("metric", unknown_name("metric", comparison.metric, known));
    } else if (faults.count() == before) {
      values = values_of(runs, comparison.metric, faults);
    }
  }
  faults.raise();
  check_input(!runs.empty(), "compare: no run was given");
  warn_of_backbones(runs);
  auto names = system_names(runs, groups);
  for (size_t g = 0; g < groups.size(); ++g) {
    comparison.systems.push_back(summarise(runs, groups[g]));
    comparison.systems.back().name = names[g];
  }
  comparison.resamples = test_differences(runs, groups, values, comparison);
  return comparison;
}

}  // namespace mma
