#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mma {

/// What a pack under construction has of a split.
struct SplitCounts {
  std::string split;
  int64_t samples = 0, truncated = 0, dropped = 0;
  std::vector<int64_t> missing;  ///< a modality
};

/// A row a split, to print.
std::string counts_table(const std::vector<std::string>& modalities,
                         const std::vector<SplitCounts>& counts);

}  // namespace mma
