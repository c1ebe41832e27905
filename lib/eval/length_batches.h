#pragma once
#include <cstdint>
#include <vector>

#include "data/pack.h"

namespace mma {

/// Samples [begin, end) of a split.
struct RowRange {
  int64_t begin = 0, end = 0;
};

/// How many batches of samples are put into the order of their lengths at once.
constexpr int64_t kBatchesAtOnce = 64;

/// The samples in batches of neighbours in length, so that attention pads least where it pads at
/// all: the longest first, by windows of kBatchesAtOnce * batch_size samples, which are read and
/// written together. What is computed one window after the other, from the split's first sample on,
/// is computed in the same batches as all at once: to the last digit the same, which batches of
/// other samples are not.
std::vector<std::vector<int64_t>> length_batches(const Split& split, RowRange rows,
                                                 int64_t batch_size);

}  // namespace mma
