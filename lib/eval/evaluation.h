#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tasks/metrics.h"

namespace mma {

/// Samples computed at once, unless told otherwise.
constexpr int64_t kEvaluationBatch = 32;

/// Mean gates of one place in an encoder, over the samples that have the input.
struct SiteGates {
  std::string name;           ///< "1 attention": layer, from 1, and sub-layer
  std::vector<double> means;  ///< [k] as gate_inputs; NaN where the place has no such input
};

/// What a model says of a split.
struct Evaluation {
  Predictions predictions;
  double loss = 0;  ///< mean, without positive weights
  /// Mean gate of each input of the GMUs for each sample, [N, k]; empty without GMU.
  std::vector<float> gates;
  std::vector<std::string> gate_inputs;  ///< [k] "text", modalities, or parts that are fused
  std::vector<SiteGates> sites;          ///< of gates inside an encoder, in their order
  double samples_per_second = 0, tokens_per_second = 0;
};

/// The gates of each input, over the samples.
inline std::vector<std::pair<std::string, std::vector<double>>> gates_of(const Evaluation& e) {
  std::vector<std::pair<std::string, std::vector<double>>> all;
  for (auto& input : e.gate_inputs) all.push_back({input, {}});
  for (size_t i = 0; i < e.gates.size(); ++i) all[i % all.size()].second.push_back(e.gates[i]);
  return all;
}

}  // namespace mma
