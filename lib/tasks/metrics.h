#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mma {

/// Scores and truth of N samples and C labels, row by row.
struct Predictions {
  int64_t labels = 0;          ///< C
  std::vector<uint8_t> truth;  ///< [N, C], 0 or 1 (multiclass: one 1 a row); none of real targets
  std::vector<float> scores;   ///< [N, C], sigmoid, softmax, or real predictions; never NaN
  std::vector<float> targets = {};  ///< [N, C], the truth where it is real
  int64_t size() const {
    return labels == 0 ? 0 : static_cast<int64_t>(truth.size() + targets.size()) / labels;
  }
};

/// Named figures in the order of the table, e.g. {"f1_micro", 0.61}; NaN where undefined. Without
/// samples every figure is NaN.
using Metrics = std::vector<std::pair<std::string, double>>;

/// The figure of that name; UserError with the known names.
double metric(const Metrics& metrics, const std::string& name);
/// The same figures, NaN where there is no sample.
Metrics undefined_without_samples(const Predictions& p, Metrics metrics);

/// Figures of each label, a row a label.
struct LabelFigures {
  std::vector<std::string> names;         ///< [K]
  std::vector<std::vector<double>> rows;  ///< [C][K]; NaN where undefined
  std::vector<int64_t> positives;         ///< [C] samples that have it; none of real targets
  /// The column of that name.
  size_t column(const std::string& name) const;
};

}  // namespace mma
