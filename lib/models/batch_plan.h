#pragma once
#include <torch/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/batch.h"
#include "models/precomputed_rows.h"
#include "nn/context.h"
#include "nn/rows.h"

namespace mma {

/// A batch on the model's device: all that layers read, none of which they make themselves.
struct ModelInput {
  torch::Tensor ids;                  ///< [T] int64, the texts' tokens
  torch::Tensor positions, segments;  ///< [N] int64, of the sequences that the model reads
  torch::Tensor source;               ///< [N] int64, see Sequences; undefined: the texts, N = T
  Rows rows;                          ///< of the sequences
  std::map<std::string, ModalityValues> modalities;
  torch::Tensor labels;  ///< [B, C] fp32
  torch::Tensor places;  ///< [B] int64, of each among its step's samples
  torch::Tensor
      precomputed;  ///< what Model::precompute gave for these samples; undefined if nothing
  int64_t samples() const { return rows.samples(); }
};

/// A batch laid out for one model in a single buffer, pinned where the device is a GPU, so that one
/// asynchronous copy brings it there. It is made ahead of the step, off the training thread;
/// on the CPU the buffer is read where it lies.
class BatchPlan {
 public:
  BatchPlan() = default;
  /// `sequences`: Model::sequences() of the batch. `precomputed`: of its split, if there is
  /// anything.
  BatchPlan(Batch batch, const Sequences& sequences, const torch::Device& device,
            const PrecomputedRows& precomputed = {});
  const Batch& batch() const { return batch_; }
  /// The batch on the device; on a GPU it is there once the current stream comes to it.
  ModelInput input() const;

 private:
  Batch batch_;
  torch::Device device_ = torch::kCPU;
  torch::Tensor buffer_;  // [bytes] uint8, on the host
  ModelInput host_;       // its tensors look into the buffer
  torch::Tensor precomputed_rows_, precomputed_places_;
};

}  // namespace mma
