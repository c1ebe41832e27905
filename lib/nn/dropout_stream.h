#pragma once
#include <cstdint>

// Functions of one number that kernels for the processor and for the GPU share.
#if defined(__CUDACC__)
#define MMA_EVERYWHERE __host__ __device__ inline
#else
#define MMA_EVERYWHERE inline
#endif

namespace mma {

/// What a dropout mask is made of: numbers of 16 bits from Philox4x32-10 (Salmon et al. 2011) under
/// `key` with the counter (block, unit, site, sample). Blocks go by 16, a chunk of 128 numbers: the
/// first word of each, then the second, and so on, so that processors make them side by side.
struct DropoutStream {
  uint64_t key;
  uint32_t site, sample, unit;
};
constexpr uint32_t kChunkBlocks = 16, kChunkNumbers = 8 * kChunkBlocks;

/// A block's four words; a chunk's numbers 32 w + 2 (block mod 16) and the next are word w's lower
/// and upper half.
MMA_EVERYWHERE void dropout_block(const DropoutStream& stream, uint32_t block, uint32_t words[4]) {
  uint32_t c0 = block, c1 = stream.unit, c2 = stream.site, c3 = stream.sample;
  auto k0 = static_cast<uint32_t>(stream.key), k1 = static_cast<uint32_t>(stream.key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * c0, b = uint64_t{0xCD9E8D57} * c2;
    c0 = static_cast<uint32_t>(b >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(b);
    c2 = static_cast<uint32_t>(a >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(a);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  words[0] = c0, words[1] = c1, words[2] = c2, words[3] = c3;
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
