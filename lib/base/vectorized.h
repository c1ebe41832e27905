#pragma once

/// Compiled once for each instruction set; the loader takes the best that the processor has. For
/// functions of plain loops that call nothing but MMA_INLINE functions. (The sanitizer's loader
/// does not get on with it.)
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define MMA_VECTORIZED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MMA_VECTORIZED
#endif

/// Part of the function that calls it, compiled as that is.
#define MMA_INLINE inline __attribute__((always_inline))
