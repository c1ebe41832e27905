#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "eval/evaluation.h"

namespace mma {

/// How trained models score samples.
struct ScoringOptions {
  std::filesystem::path backbone;  ///< empty: where it was in training
  std::string device = "auto";
  int64_t batch_size = kEvaluationBatch;
  int threads = 0;  ///< that compute; 0: see nn/thread_choice.h
};

}  // namespace mma
