#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "eval/scoring_options.h"

namespace mma {

/// mma-eval RUN --data PACK [--split test] [--backbone DIR] [--device auto] [--threads N]
/// [--without MODALITY]... [--subsets] [--out DIR]
struct EvalOptions {
  std::filesystem::path run, data;
  std::filesystem::path out;  ///< instead of RUN/eval/SPLIT
  std::string split = "test";
  ScoringOptions scoring;
  std::vector<std::string> without;  ///< modalities that every sample is taken to lack
  bool subsets = false;              ///< evaluate every subset of the modalities instead
};
/// Writes RUN/eval/SPLIT/{metrics.json,predictions.jsonl,errors.jsonl,gates.json} and prints
/// tables; eval/SPLIT-without-A+B/ where modalities are left out, eval/SPLIT/subsets.json for
/// subsets; all in `out` instead where that is given. A RUN that is a folder of runs stands for
/// each of them: they are evaluated one after the other (into out/NAME) and summed up in one table.
void evaluate(const EvalOptions& options);

}  // namespace mma
