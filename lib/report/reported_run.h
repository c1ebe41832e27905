#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/pack.h"
#include "data/pack_summary.h"
#include "data/text_beginnings.h"
#include "report/interval.h"
#include "run/errors_file.h"
#include "run/evaluation_files.h"
#include "run/metrics_log.h"
#include "run/run_record.h"
#include "run/run_results.h"
#include "tasks/class_metrics.h"

namespace mma {

/// The pack that runs were trained on, where the report was given it.
struct ReportedPack {
  PackInfo info;
  std::string hash;
  std::vector<SplitSummary> splits;
  TextBeginnings texts;  ///< of the reported split
};
/// `vocabulary`: the folder that has the tokenizer's files, where there is one.
ReportedPack read_reported_pack(const std::filesystem::path& file, const std::string& split,
                                const std::filesystem::path& vocabulary);

/// A metric with its 95 % interval over samples, and what the frequency of labels alone reaches.
struct Headline {
  std::string name;
  double value = 0;
  Bounds bounds;
  double baseline = 0;
  double tuned = 0;  ///< with thresholds tuned on dev; NaN where there are none
};

/// All that a page tells of one run.
struct ReportedRun {
  std::string id;     ///< begins the ids of its parts in the page
  std::string title;  ///< the system's name and the seed
  size_t seeds = 1;   ///< runs that differ from it in their seed alone, and itself
  std::string split, metric;
  std::string command;                  ///< that evaluates it; "" where it is evaluated
  const RunResults* results = nullptr;  ///< without predictions where it is not evaluated
  RunRecord record;
  TrainingLog log;
  const ReportedPack* pack = nullptr;  ///< null where none was given, or it is another one
  // Of an evaluated run:
  std::vector<Headline> headlines;    ///< `metric` among them
  bool baseline_of_training = false;  ///< else the baseline knows the split's own frequencies
  std::vector<LabelMetrics> labels;   ///< at 0.5; empty of real targets
  std::vector<LabelMetrics> tuned;    ///< with tuned thresholds; empty where there are none
  std::vector<Bounds> label_bounds;   ///< of average precision; NaN where too dear
  std::optional<GateMeans> gates;
  std::map<std::string, SampleGates> error_gates;  ///< of samples in errors.jsonl, by id
  std::vector<SubsetFigures> subsets;

  bool evaluated() const { return command.empty(); }
  /// Of exactly one class a sample.
  bool one_class() const { return traits_of(results->label_kind).one_a_sample; }
  /// Of real targets, for which there are no figures of labels.
  bool real() const { return traits_of(results->label_kind).real; }
  const Headline& headline() const;
  std::string label(size_t index) const;  ///< as it is shown
};

/// Reads the rest of what is on the disk of a run, and computes its intervals.
ReportedRun describe_run(const RunResults& results, const std::string& split,
                         const std::string& metric, const ReportedPack* pack);

/// The figure of that name; NaN where there is none.
double figure_named(const Metrics& metrics, const std::string& name);
/// "0.1234 to 0.5678", or "-".
std::string shown_bounds(const Bounds& bounds);
/// One label's scores and truth.
Predictions label_column(const Predictions& p, size_t label);

/// The labels that pictures show, by average precision, the highest first, those without one last:
/// all of 40 or fewer, else the first 20 and the last 20 of those that have one.
std::vector<size_t> pictured_labels(const std::vector<LabelMetrics>& labels);
/// "" where all are pictured, else a sentence on which are.
std::string pictured_note(size_t labels);

}  // namespace mma
