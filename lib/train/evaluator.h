#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/pack.h"
#include "metrics/metrics.h"
#include "models/model.h"

namespace mma {

/// What a model says of a split.
struct Evaluation {
  Predictions predictions;
  double loss = 0;  ///< mean, without positive weights
  /// Mean gate of each input of the GMUs (text first) for each sample, [N, k]; empty without GMU.
  std::vector<double> gates;
  int64_t inputs = 0;  ///< k
  double samples_per_second = 0, tokens_per_second = 0;
};

/// Samples computed at once, unless told otherwise.
constexpr int64_t kEvaluationBatch = 32;

/// Computes all samples of a split, in batches of near equal length (a sample's result does not
/// depend on its neighbours). Stops between batches where a signal asks: Stopped.
Evaluation evaluate_split(Model& model, const Split& split, LabelKind kind,
                          const BertOptions& options, int64_t batch_size, bool with_gates,
                          const std::string& stage);

/// The metrics of a kind of labels.
Metrics metrics_of(const Predictions& predictions, LabelKind kind,
                   const std::vector<double>& thresholds = {});

}  // namespace mma
