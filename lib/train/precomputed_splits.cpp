#include "train/precomputed_splits.h"

#include "base/files.h"
#include "base/log.h"
#include "eval/precompute.h"
#include "nn/memory.h"

namespace mma {

PrecomputedSplits precompute_splits(const Session& s, const RunDirectory& directory) {
  const auto& cache = s.recipe.cache;
  if (s.model->precomputed().per == Precomputed::Per::kNothing) {
    if (!cache.empty())
      log_info("cache", "not used: this model computes nothing of a text once and for all");
    return {};
  }
  PrecomputedPlace place;
  place.folder = cache.empty() ? directory.cache() : fs::path(cache);
  place.shared = !cache.empty();
  place.made_of = fmt::format("pack {}, backbone {}", s.data_hash, s.backbone.hash);
  place.memory = RowBudget(s.recipe.data.memory, available_memory_bytes() / s.group.size());
  PrecomputedSplits all;
  all.train = precompute_rows(*s.model, s.train, s.compute, s.recipe.train.on, place, s.group);
  all.dev = precompute_rows(*s.model, s.dev, s.compute, "dev", place, s.group);
  return all;
}

}  // namespace mma
