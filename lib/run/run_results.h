#pragma once
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/error.h"
#include "data/label_kind.h"
#include "tasks/metrics.h"

namespace mma {

/// What a finished and evaluated run says of itself, read from its files alone: no pack and no
/// backbone is needed.
struct RunResults {
  std::filesystem::path folder;
  int64_t seed = 0;
  OrderedMap recipe;  ///< every dotted key but `seed` and distributed.*, its value as text
  Names modalities;   ///< beside text
  std::string data_hash, backbone_hash;
  int64_t trained = 0;                    ///< trainable parameters
  int64_t model_bytes = 0;                ///< of all files in model/
  std::vector<double> step_milliseconds;  ///< one a report of training
  double peak_memory_bytes = 0;           ///< NaN without reports
  LabelKind label_kind = LabelKind::kMultilabel;
  Names labels, ids;
  std::vector<double> thresholds;  ///< of each label, tuned on dev; empty: none
  Predictions predictions;         ///< of the split, rows as `ids`, columns as `labels`
  /// The figures of eval/SPLIT/metrics.json, by name, those for tuned thresholds
  /// as "tuned_thresholds.NAME".
  Metrics metrics;
  double best_of_dev = NAN;  ///< in training, of train.select_by; NaN without dev

  /// The recipe's value of a dotted key, "" where it has none.
  std::string recipe_value(const std::string& key) const;
  /// Whether the model reads texts beside its modalities.
  bool reads_text() const { return recipe_value("model.text") != "none"; }
  /// What it reads: "text" where it does, and these modalities.
  Names inputs(const Names& modalities) const;
};

/// Each given folder that is a run (has a run.json), or else the runs in it and in the folders in
/// it, by name. A folder without runs is a fault.
std::vector<std::filesystem::path> find_runs(const std::vector<std::filesystem::path>& given,
                                             Faults& faults);

/// Reads run.json, model/config.json and metrics.jsonl: what is known without an evaluation.
/// Throws UserError where a file is missing, damaged or too large, or the run is not finished.
RunResults read_finished_run(const std::filesystem::path& folder);

/// The command that evaluates a run on a split where that has not been done yet, else "".
std::string missing_evaluation(const std::filesystem::path& folder, const std::string& split);

/// The same with eval/SPLIT/{metrics.json, predictions.jsonl}. Throws UserError also where the run
/// is not evaluated on the split, and says what to do.
RunResults read_run(const std::filesystem::path& folder, const std::string& split);

}  // namespace mma
