#pragma once
#include "data/split.h"

namespace mma {

/// The samples of two splits of a pack, read with the same modalities, as one split: first those of
/// `first`. What is not held in memory is not held by the whole either.
Split joined(const Split& first, const Split& second);

}  // namespace mma
