#pragma once
#include <string>

#include "base/progress.h"
#include "data/pack.h"
#include "eval/evaluation.h"
#include "models/model.h"
#include "parallel/process_group.h"
#include "tasks/objective.h"

namespace mma {

/// What Model::precompute makes of every sample of a split. In the batches of evaluate_split, so
/// that it has the same bytes whenever it is computed. MachineError where memory does not suffice.
/// The processes of `group` share the work, and all have the result.
PrecomputedRows precompute_rows(Model& model, const Split& split, const Compute& compute,
                                const std::string& stage, const ProcessGroup& group = {});

/// Computes all samples of a split, in batches of near equal length (a sample's result does not
/// depend on its neighbours). `precomputed`: what precompute_rows gave for the split, or undefined.
/// Stops between batches where a signal asks: Stopped. The processes of `group` share the work, and
/// all have the result, the same bytes as one process alone.
Evaluation evaluate_split(Model& model, const Split& split, const Objective& objective,
                          const Compute& compute, int64_t batch_size, bool with_gates,
                          const std::string& stage, const PrecomputedRows& precomputed = {},
                          const ProcessGroup& group = {});

/// Samples [begin, end) of a split.
struct RowRange {
  int64_t begin = 0, end = 0;
};

/// The scores of these samples, [end - begin, C], C = `labels`, as evaluate_split computes them;
/// what truth the split holds is not looked at. Stops between batches as evaluate_split does.
std::vector<float> score_rows(Model& model, const Split& split, RowRange rows, int64_t labels,
                              const Objective& objective, const Compute& compute,
                              int64_t batch_size, Progress& progress);

}  // namespace mma
