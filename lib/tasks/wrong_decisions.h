#pragma once
#include <cstddef>
#include <vector>

#include "data/label_kind.h"
#include "tasks/metrics.h"

namespace mma {

/// Where a model is wrong about a sample.
struct WrongDecision {
  size_t sample = 0;
  size_t label = 0;  ///< of one class a sample, the one that was given; of real targets, the target
  double score = 0;  ///< of that label
  bool given = false;  ///< and not true; else true and not given
  double confidence = 0;
};

/// At most `most` wrong decisions, the most confident first, those of equal confidence by sample
/// and label. Confidence is
///   of several labels a sample, decided at 0.5: |score - 0.5|;
///   of one class a sample: the score of the class that was given (the first of the highest);
///   of real targets: |score - truth|, as multiples of the target's mean absolute error, so that
///   targets of different units stand beside each other.
/// Memory: a multiple of `most`, however many there are.
std::vector<WrongDecision> wrong_decisions(const Predictions& p, LabelKind kind, size_t most);

}  // namespace mma
