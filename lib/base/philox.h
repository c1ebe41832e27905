#pragma once
#include <cstdint>

// Functions that kernels for the processor and for the GPU share.
#if defined(__CUDACC__)
#define MMA_EVERYWHERE __host__ __device__ inline
#else
#define MMA_EVERYWHERE inline
#endif

namespace mma {

/// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): turns a
/// counter into 128 random bits.
MMA_EVERYWHERE void philox_in_place(uint32_t c[4], uint64_t key) {
  auto k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * c[0], b = uint64_t{0xCD9E8D57} * c[2];
    c[0] = static_cast<uint32_t>(b >> 32) ^ c[1] ^ k0;
    c[1] = static_cast<uint32_t>(b);
    c[2] = static_cast<uint32_t>(a >> 32) ^ c[3] ^ k1;
    c[3] = static_cast<uint32_t>(a);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
}

}  // namespace mma
