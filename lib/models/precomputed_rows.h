#pragma once
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/stored_numbers.h"

namespace mma {

/// What a model's frozen parts give once and for all, as Model::precompute does.
struct Precomputed {
  enum class Per { kNothing, kSample, kToken };
  Per per = Per::kNothing;  ///< what there is one row for
  int64_t width = 0;        ///< D
  torch::ScalarType type = torch::kFloat32;
  std::string what;  ///< in words, the same for all models that give the same numbers
};

/// What Model::precompute made of every sample of a split, [R, D]: held on the model's device, or
/// in a file, of which the rows of a batch are read ahead of its step.
struct PrecomputedRows {
  Precomputed kind;
  torch::Tensor rows;                                 ///< held
  std::shared_ptr<const NumberSource<uint8_t>> file;  ///< or the bytes of the same rows
  std::vector<int64_t> first;                         ///< [S] each sample's first row
  bool defined() const { return rows.defined() || in_file(); }
  bool in_file() const { return file != nullptr; }
};

}  // namespace mma
