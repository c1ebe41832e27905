#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "report/interval.h"
#include "run/run_results.h"

namespace mma {

/// A figure of a system over its runs.
struct SystemFigure {
  std::string name;
  Interval value;
};

/// One row of a comparison: the runs that differ in nothing but their seed. NaN where unknown.
struct System {
  std::string name;
  int64_t runs = 0;
  int64_t trained = 0;           ///< trainable parameters
  int64_t model_bytes = 0;       ///< of the files to share, the largest of all runs
  double step_milliseconds = 0;  ///< median over all training reports of all runs
  double peak_memory_bytes = 0;  ///< largest of all runs
  std::vector<SystemFigure> figures;
  double difference = 0;  ///< of the metric's mean to the first system's
  /// Half the width of its 95 % interval over runs; NaN where one of the two has a single run.
  double difference_half_width = 0;
  double p_value = 0;  ///< of that difference; NaN for the first system
  Interval dev = {};   ///< of its runs' best on dev in training, by Comparison::dev_metric
};

enum class Verdict { kBetter, kWorse, kOpen };
constexpr double kSignificant = 0.05;
/// Whether a system is better or worse than the first, by samples and by seeds: p < 0.05, and a
/// difference beyond its interval over runs, where there is one. `metric`: of the difference.
Verdict judge(const System& system, const std::string& metric);

struct Comparison {
  std::string split, metric;
  LabelKind label_kind = LabelKind::kMultilabel;
  int64_t samples = 0, resamples = 0;
  std::vector<System> systems;
  std::string dev_metric;  ///< that every run was selected by on dev; "": not all by one, or none
  std::vector<std::string> notes;  ///< what a reader of the table should know, a sentence each
};

/// The systems in the order in which dev, in training, prefers them, by the means over their runs:
/// what a setting is chosen by, as the compared split must not be. Empty without dev_metric.
std::vector<size_t> by_dev(const Comparison& comparison);

/// Indices of the runs of each system, both in the order given. Two runs are of one system if they
/// have the same recipe but for the seed, the same data and the same backbone.
std::vector<std::vector<size_t>> group_runs(const std::vector<RunResults>& runs);

/// Each system's name: its model and its inputs, as in "mm_adapter text+video"; where that is not
/// unique, also what tells it from the others of that name, as in "optim.lr=0.001", or where more
/// than two keys do, the folder that holds its runs, as in "(pfeiffer)".
std::vector<std::string> system_names(const std::vector<RunResults>& runs,
                                      const std::vector<std::vector<size_t>>& groups);

/// Compares runs evaluated on one split. `metric` decides on difference and p-value (see
/// bootstrap.h); empty: what the first run's recipe says in train.select_by. Throws UserError with
/// every fault where the runs are not of the same samples and labels, where two of one system have
/// the same seed, or where metrics and predictions disagree; faults found before, as in reading
/// other runs, are told with them. Notes, and warns, where backbones or packs differ.
Comparison compare_runs(const std::vector<RunResults>& runs, const std::string& split,
                        const std::string& metric, Faults& faults);

}  // namespace mma
