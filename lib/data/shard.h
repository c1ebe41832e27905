#pragma once
#include <cstdint>
#include <string>
#include <utility>

namespace mma {

/// One of the parts that a pack is made in: of each split a share of its samples, one after the
/// other in the table's order.
struct Shard {
  static constexpr int64_t kMost = 65536;
  int64_t number = 1, count = 1;  ///< 1 .. count; by default all
  /// Its samples of a split of `samples`: from the first up to, but without, the second. The shares
  /// of all parts differ by one at most.
  std::pair<size_t, size_t> share_of(size_t samples) const;
  std::string text() const;
};

/// "3/16". UserError for anything else.
Shard parse_shard(const std::string& text);

}  // namespace mma
