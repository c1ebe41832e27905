#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/pack.h"
#include "eval/evaluator.h"

namespace mma {

/// What an evaluation is of, for the files and tables below.
struct Evaluated {
  std::string split_name;
  const Split& split;
  LabelKind kind;
  std::vector<std::string> labels;
  /// One a label, tuned on another split; empty for none. F1 and its kin are told for them beside
  /// those for 0.5.
  std::vector<double> thresholds;
};

/// Writes metrics.json, predictions.jsonl and (where there are GMUs) gates.json into the folder and
/// returns the same as tables: the metrics, a row for each label with its count, mean gates.
std::string write_report(const std::filesystem::path& folder, const Evaluated& what,
                         const Evaluation& result);

}  // namespace mma
