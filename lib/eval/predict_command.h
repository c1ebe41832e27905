#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "eval/prediction_rows.h"
#include "eval/scoring_options.h"

namespace mma {

/// mma-eval predict RUN... (--data PACK [--split NAME] | --description YAML --root RAW) [--out
/// FILE]
/// [--format jsonl] [--top K] [--threshold T] [--missing absent]
struct PredictOptions {
  std::vector<std::filesystem::path> runs;  ///< of several, and of folders of runs: mean scores
  std::filesystem::path data;
  std::filesystem::path description, root;  ///< raw data instead of a pack
  std::filesystem::path out = "-";          ///< "-": stdout
  std::string split;                        ///< empty: the one that there is, or `new`
  PredictionFormat format;
  std::optional<double> threshold;  ///< for all labels, instead of the model's own
  bool missing_absent = false;      ///< a modality that is not there is absent, not a fault
  ScoringOptions scoring;
};
/// Scores samples whose labels need not be known, in their order, with trained models of the same
/// labels, all in memory together. Rows are written as they come; a file has its name when all are
/// there.
void predict(const PredictOptions& options);

}  // namespace mma
