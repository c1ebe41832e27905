#include "eval/length_batches.h"

#include <algorithm>
#include <numeric>

namespace mma {

std::vector<std::vector<int64_t>> length_batches(const Split& split, RowRange rows,
                                                 int64_t batch_size) {
  std::vector<std::vector<int64_t>> batches;
  for (int64_t begin = rows.begin; begin < rows.end; begin += kBatchesAtOnce * batch_size) {
    const auto end = std::min(rows.end, begin + kBatchesAtOnce * batch_size);
    std::vector<int64_t> order(static_cast<size_t>(end - begin));
    std::iota(order.begin(), order.end(), begin);
    std::stable_sort(order.begin(), order.end(),
                     [&](int64_t a, int64_t b) { return split.length(a) > split.length(b); });
    for (auto from = order.begin(); from != order.end();) {
      const auto to = from + std::min<std::ptrdiff_t>(batch_size, order.end() - from);
      batches.emplace_back(from, to);
      from = to;
    }
  }
  return batches;
}

}  // namespace mma
