#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/pack.h"
#include "eval/evaluation.h"
#include "tasks/task.h"

namespace mma {

/// The split as if no sample had these modalities.
Split without_modalities(const Split& split, const std::vector<std::string>& modalities);

/// What a model says of a split with one subset of its modalities.
struct SubsetResult {
  std::vector<std::string> modalities;  ///< that were left, beside text
  bool with_text = true;                ///< whether the model reads text at all
  Metrics metrics;
  LabelFigures labels;
};

/// Evaluates every subset of the modalities, the full one first. Which labels depend on a modality
/// is the difference between the rows with and without it.
std::vector<SubsetResult> evaluate_subsets(const Split& split,
                                           const std::vector<std::string>& modalities,
                                           const Task& task, bool with_text,
                                           const std::function<Evaluation(const Split&)>& evaluate);

/// Writes subsets.json into the folder and returns two tables: the headline metrics of each subset,
/// and each label's main figure, as its average precision (of more than 50 labels the 50 with the
/// most positives).
std::string write_subsets(const std::filesystem::path& folder,
                          const std::vector<SubsetResult>& results, const Task& task,
                          const std::vector<std::string>& labels);

}  // namespace mma
