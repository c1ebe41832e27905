#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tasks/task.h"

namespace mma::test {

/// A finished and evaluated run in the making, as mma-train and mma-eval leave one.
struct RunFolder {
  int64_t seed = 1;
  std::string model = "mm_adapter";
  std::vector<std::string> modalities;
  double lr = 0.001;
  std::string data_hash = "da7a", backbone_hash = "bb01", status = "finished";
  LabelKind label_kind = LabelKind::kMultilabel;
  std::vector<std::string> labels{"drama", "war"};
  std::vector<double> samples_per_second{40, 80};  ///< one a report; a step has 8 samples
  double best_of_dev = 0.5;                        ///< in training; NaN: no dev
  std::vector<double> thresholds;                  ///< tuned ones, one a label, or none
  Predictions predictions;                         ///< of split test, samples s0, s1, ...

  void write(const std::filesystem::path& folder) const;
};

/// Predictions of so many samples whose scores tell the truth with this much noise; the truth is
/// the same for every seed.
Predictions noisy_predictions(int64_t samples, int64_t labels, double noise, uint64_t seed);

}  // namespace mma::test
