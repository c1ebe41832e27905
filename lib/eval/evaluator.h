#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/pack.h"
#include "models/model.h"
#include "tasks/metrics.h"

namespace mma {

/// What a model says of a split.
struct Evaluation {
  Predictions predictions;
  double loss = 0;  ///< mean, without positive weights
  /// Mean gate of each input of the GMUs for each sample, [N, k]; empty without GMU.
  std::vector<double> gates;
  std::vector<std::string> gate_inputs;  ///< [k] "text", modalities, or parts that are fused
  double samples_per_second = 0, tokens_per_second = 0;
};

/// Samples computed at once, unless told otherwise.
constexpr int64_t kEvaluationBatch = 32;

/// What Model::frozen makes of every sample of a split. In the batches of evaluate_split, so that
/// it has the same bytes whenever it is computed. MachineError where memory does not suffice.
FrozenRows frozen_rows(Model& model, const Split& split, const Compute& compute,
                       const std::string& stage);

/// Computes all samples of a split, in batches of near equal length (a sample's result does not
/// depend on its neighbours). `frozen`: what frozen_rows gave for the split, or undefined. Stops
/// between batches where a signal asks: Stopped.
Evaluation evaluate_split(Model& model, const Split& split, LabelKind kind, const Compute& compute,
                          int64_t batch_size, bool with_gates, const std::string& stage,
                          const FrozenRows& frozen = {});

/// The metrics of a kind of labels.
Metrics metrics_of(const Predictions& predictions, LabelKind kind,
                   const std::vector<double>& thresholds = {});

}  // namespace mma
