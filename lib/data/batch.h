#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/split.h"

namespace mma {

/// A modality's vectors of a batch.
struct ModalityTable {
  int64_t width = 0;
  std::vector<float> values;     ///< [B, width], 0 where absent
  std::vector<uint8_t> present;  ///< [B]
};

/// Samples put together for one step: tokens one after the other, no padding.
struct Batch {
  std::vector<int64_t> samples;  ///< [B] rows of the split
  std::vector<int64_t> lengths;  ///< [B] tokens of each
  std::vector<int64_t> places;  ///< [B] of each among its step's samples, which dropout is keyed by
  std::vector<int32_t> tokens;  ///< [N]
  std::vector<float> labels;    ///< [B, C], or targets
  std::map<std::string, ModalityTable> modalities;
  int64_t size() const { return static_cast<int64_t>(samples.size()); }
};

/// The token sequences that a model reads of a batch, one after the other. Vectors that a model
/// makes itself (of a modality, say) can stand among the text's.
struct Sequences {
  std::vector<int64_t> lengths;              ///< [B]
  std::vector<int64_t> positions, segments;  ///< [N]
  /// [N] which of the model's vectors each is, the text's tokens coming first; empty where the
  /// sequences are the texts.
  std::vector<int64_t> source;
};

/// The texts as they are: positions from 0, all of segment 0.
Sequences text_sequences(const Batch& batch);

/// The rows `samples` of a split as a batch, in that order. Throws as read_tokens and read_vectors
/// do.
Batch assemble(const Split& split, const std::vector<int64_t>& samples);

/// Takes each modality away from each sample with probability p, a function of `key`, modality and
/// sample: what a model learns from it serves any subset of the modalities. A sample may lose all
/// of them.
void drop_modalities(Batch& batch, double p, uint64_t key);

/// The batches of one epoch: a function of (seed, epoch), whatever was done before. The last batch
/// may be smaller. Without `shuffle`: in the order of the split.
std::vector<std::vector<int64_t>> epoch_batches(int64_t samples, int64_t batch_size, bool shuffle,
                                                uint64_t seed, int64_t epoch);

}  // namespace mma
