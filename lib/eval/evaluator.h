#pragma once
#include <string>

#include "base/progress.h"
#include "data/pack.h"
#include "eval/evaluation.h"
#include "eval/length_batches.h"
#include "models/model.h"
#include "parallel/process_group.h"
#include "tasks/objective.h"

namespace mma {

/// Computes all samples of a split, in length_batches() (but for the last digits a sample's result
/// does not depend on its neighbours). `precomputed`: what precompute_rows gave for the split, or
/// undefined. Stops between batches where a signal asks: Stopped. The processes of `group` share
/// the work, and all have the result, the same bytes as one process alone.
Evaluation evaluate_split(Model& model, const Split& split, const Objective& objective,
                          const Compute& compute, int64_t batch_size, bool with_gates,
                          const std::string& stage, const PrecomputedRows& precomputed = {},
                          const ProcessGroup& group = {});

/// The scores of these samples, [end - begin, C], C = `labels`, as evaluate_split computes them, to
/// the last digit where they are whole windows of length_batches(); what truth the split holds is
/// not looked at. Stops between batches as evaluate_split does.
std::vector<float> score_rows(Model& model, const Split& split, RowRange rows, int64_t labels,
                              const Objective& objective, const Compute& compute,
                              int64_t batch_size, Progress& progress);

}  // namespace mma
