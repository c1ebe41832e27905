#pragma once
#include <cstdint>

#include "base/philox.h"

namespace mma {

/// What a dropout mask is made of: numbers of 16 bits from Philox4x32-10 (base/philox.h) under
/// `key` with the counter (block, unit, site, sample). Blocks go by 16, a chunk of 128 numbers: the
/// first word of each, then the second, and so on, so that processors make them side by side.
struct DropoutStream {
  uint64_t key;
  uint32_t site, sample, unit;
};
constexpr uint32_t kChunkBlocks = 16, kChunkNumbers = 8 * kChunkBlocks;

/// One site's mask over a batch: numbers below `threshold` of 65536 are dropped, the others' factor
/// is scale(). Nothing is dropped where the threshold is 0.
struct DropoutSite {
  uint64_t key = 0;  ///< of (seed, step)
  uint32_t site = 0, threshold = 0;
  const int64_t* samples = nullptr;  ///< [B] which of the step's each is; null: b is sample b

  MMA_EVERYWHERE float scale() const { return 65536.0f / static_cast<float>(65536 - threshold); }
  /// Of sample b of the batch.
  MMA_EVERYWHERE DropoutStream stream(int64_t b, int64_t unit = 0) const {
    return {key, site, static_cast<uint32_t>(samples ? samples[b] : b),
            static_cast<uint32_t>(unit)};
  }
};

/// A block's four words; a chunk's numbers 32 w + 2 (block mod 16) and the next are word w's lower
/// and upper half.
MMA_EVERYWHERE void dropout_block(const DropoutStream& stream, uint32_t block, uint32_t words[4]) {
  words[0] = block, words[1] = stream.unit, words[2] = stream.site, words[3] = stream.sample;
  philox_in_place(words, stream.key);
}
/// Where a block's word w has its lower half; the upper half is the next.
MMA_EVERYWHERE int64_t dropout_place(uint32_t block, uint32_t w) {
  return int64_t{block / kChunkBlocks} * kChunkNumbers + 2 * kChunkBlocks * w +
         2 * (block % kChunkBlocks);
}

/// Queries of attention are taken so many at a time: on the processor, their weights stay in the
/// cache. A head's dropout factors, [queries, keys], are counted through each such block, whose
/// unit this is: a function of the query and not of how many there are.
constexpr int64_t kQueryBlock = 64;
MMA_EVERYWHERE int64_t attention_unit(int64_t first_query, int64_t head, int64_t heads) {
  return first_query / kQueryBlock * heads + head;
}

}  // namespace mma
