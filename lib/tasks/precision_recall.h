#pragma once
#include <cstdint>
#include <vector>

namespace mma {

/// Precision and recall of what scores at least `threshold`.
struct PrecisionRecall {
  double threshold = 0, precision = 0, recall = 0;
};

/// A point for each distinct score, highest first; recall grows to 1. Empty without positives.
/// (scikit-learn's precision_recall_curve has the same points, lowest first, and one more of
/// precision 1 and recall 0.) `truth` of 0 and 1, one a score.
std::vector<PrecisionRecall> precision_recall_curve(const std::vector<float>& scores,
                                                    const std::vector<uint8_t>& truth);

/// The highest precision that is to be had at this recall or more; NaN where the curve is empty.
double precision_at(const std::vector<PrecisionRecall>& curve, double recall);

}  // namespace mma
