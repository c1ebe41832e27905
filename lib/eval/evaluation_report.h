#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/pack.h"
#include "eval/evaluation.h"
#include "text/detokenizer.h"

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
  Detokenizer texts = {};  ///< for the beginnings of texts in errors.jsonl; may be none
};

/// What is shown of an evaluation.
struct Report {
  Metrics metrics;
  std::vector<std::string> headline;  ///< names of those that fit one screen
  std::string tables;  ///< metrics, a row a label with its count and mean gates, confusions
};

/// Writes metrics.json, predictions.jsonl, errors.jsonl and (where there are GMUs) gates.json into
/// the folder, and then gives what to show: of more than 50 labels the 50 with the most positives.
Report write_report(const std::filesystem::path& folder, const Evaluated& what,
                    const Evaluation& result);

}  // namespace mma
