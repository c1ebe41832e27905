#include "data/pack_summary.h"

#include <algorithm>

namespace mma {

SplitSummary summarise_split(const Pack& pack, const std::string& name) {
  RowBudget none(0);
  auto split = pack.read(name, {}, none);
  SplitSummary summary{count_labels(name, split), split.truncated, split.dropped, {}, {}};
  for (int64_t i = 0; i < split.size(); ++i) summary.lengths.push_back(split.length(i));
  std::sort(summary.lengths.begin(), summary.lengths.end());
  for (auto& modality : pack.info().modalities) {
    auto present = pack.present(name, modality.name);
    summary.missing.push_back(std::count(present.begin(), present.end(), 0));
  }
  return summary;
}

int64_t length_quantile(const std::vector<int64_t>& sorted, double share) {
  auto at = static_cast<size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5);
  return sorted[std::min(at, sorted.size() - 1)];
}

}  // namespace mma
