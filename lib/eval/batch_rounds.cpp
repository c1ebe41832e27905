#include "eval/batch_rounds.h"

#include <algorithm>

#include "base/stop.h"
#include "base/threads.h"

namespace mma {

void each_round(const Model& model, const Split& split,
                const std::vector<std::vector<int64_t>>& batches, const Compute& compute,
                const PrecomputedRows& precomputed, const ProcessGroup& group, Progress& progress,
                const RoundWork& work) {
  const auto rank = static_cast<size_t>(group.rank()), size = static_cast<size_t>(group.size());
  const size_t mine = (batches.size() + size - 1 - rank) / size;
  const auto making = batch_making(split, precomputed.in_file());
  OrderedProducer<BatchPlan> producer(mine, making.threads, making.ahead, [&](size_t i) {
    return plan_batch(model, assemble(split, batches[i * size + rank]), compute, precomputed);
  });
  for (size_t begin = 0; begin < batches.size(); begin += size) {
    const auto end = std::min(batches.size(), begin + size);
    group.together([&] {
      stop_if_asked();
      if (!producer.done()) work.batch(begin + rank, producer.next());
    });
    if (work.round) work.round(begin, end);
    for (size_t i = begin; i < end; ++i) progress.advance(std::ssize(batches[i]));
  }
}

}  // namespace mma
