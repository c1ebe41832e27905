#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "eval/evaluator.h"

namespace mma {

/// mma-train RECIPE --data PACK --backbone DIR --out RUN [--set key=value]... [--seeds 1-5]
/// [--check]
struct TrainOptions {
  std::filesystem::path recipe, data, backbone, run;
  std::string seeds;  ///< "1-5": one run for each, in RUN/seed-1, RUN/seed-2, ...
  std::vector<std::string> overrides;
  bool check_only = false;
};
/// Starts, goes on with, or reports as finished the run in `run`, or those of `seeds` one after the
/// other.
void train(const TrainOptions& options);

/// mma-eval RUN --data PACK [--split test] [--backbone DIR] [--device auto] [--without MODALITY]...
/// [--subsets] [--out DIR]
struct EvalOptions {
  std::filesystem::path run, data, backbone;
  std::filesystem::path out;  ///< instead of RUN/eval/SPLIT
  std::string split = "test", device = "auto";
  int64_t batch_size = kEvaluationBatch;
  std::vector<std::string> without;  ///< modalities that every sample is taken to lack
  bool subsets = false;              ///< evaluate every subset of the modalities instead
};
/// Writes RUN/eval/SPLIT/{metrics.json,predictions.jsonl,gates.json} and prints a table;
/// eval/SPLIT-without-A+B/ where modalities are left out, eval/SPLIT/subsets.json for subsets; all
/// in `out` instead where that is given. A RUN that is a folder of runs stands for each of them:
/// they are evaluated one after the other (into out/NAME) and summed up in one table.
void evaluate(const EvalOptions& options);

/// mma-eval export RUN --out DIR [--name mma] [--backbone DIR]
struct ExportOptions {
  std::filesystem::path run, folder, backbone;
  std::string name = "mma";
};
/// Writes a trained model of adapters on text alone as an adapter-hub folder (run/adapter_hub.h).
void export_to_hub(const ExportOptions& options);

/// mma-eval import DIR --out MODEL
struct ImportOptions {
  std::filesystem::path folder, model;
};
/// Writes an exported folder as a model folder again.
void import_from_hub(const ImportOptions& options);

}  // namespace mma
