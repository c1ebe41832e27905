#include "data/step_plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mma {
namespace {

// The places of a step's samples that each process computes, ascending: the longest first, each to
// the process with the fewest tokens (Graham 1969, LPT).
std::vector<std::vector<int64_t>> deal_out(const std::vector<int64_t>& samples,
                                           const std::vector<int64_t>& offsets, int size) {
  auto tokens = [&](int64_t place) {
    auto i = static_cast<size_t>(samples[static_cast<size_t>(place)]);
    return offsets[i + 1] - offsets[i];
  };
  std::vector<int64_t> order(samples.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return tokens(a) > tokens(b); });
  std::vector<std::vector<int64_t>> shares(static_cast<size_t>(size));
  std::vector<int64_t> load(shares.size());
  for (int64_t place : order) {
    const auto rank = std::min_element(load.begin(), load.end()) - load.begin();
    load[static_cast<size_t>(rank)] += tokens(place);
    shares[static_cast<size_t>(rank)].push_back(place);
  }
  for (auto& share : shares) std::sort(share.begin(), share.end());
  return shares;
}

// The places begin .. end - 1.
std::vector<int64_t> range(int64_t begin, int64_t end) {
  std::vector<int64_t> all(static_cast<size_t>(end - begin));
  std::iota(all.begin(), all.end(), begin);
  return all;
}

// The places of each part of a step, process by process.
std::vector<std::vector<std::vector<int64_t>>> share_out(const StepPlan& step,
                                                         const std::vector<int64_t>& batch_ends,
                                                         const std::vector<int64_t>& offsets,
                                                         const StepSharing& sharing) {
  const auto size = static_cast<size_t>(sharing.whole ? 1 : sharing.size);
  std::vector<std::vector<std::vector<int64_t>>> shares(size);
  if (batch_ends.size() % size == 0) {
    const size_t each = batch_ends.size() / size;
    for (size_t i = 0; i < batch_ends.size(); ++i)
      shares[i / each].push_back(range(i == 0 ? 0 : batch_ends[i - 1], batch_ends[i]));
    return shares;
  }
  const auto most = batch_ends[0];  // samples of a full batch
  auto dealt = deal_out(step.samples, offsets, sharing.size);
  for (size_t rank = 0; rank < size; ++rank) {
    const auto& places = dealt[rank];
    for (int64_t begin = 0; begin < std::ssize(places); begin += most)
      shares[rank].emplace_back(places.begin() + begin,
                                places.begin() + std::min(begin + most, std::ssize(places)));
  }
  return shares;
}

}  // namespace

std::vector<StepPlan> step_plans(const std::vector<std::vector<int64_t>>& batches, size_t first,
                                 int64_t accumulate, const std::vector<int64_t>& offsets,
                                 const StepSharing& sharing) {
  std::vector<StepPlan> steps;
  for (size_t begin = first; begin < batches.size(); begin += static_cast<size_t>(accumulate)) {
    const size_t end = std::min(batches.size(), begin + static_cast<size_t>(accumulate));
    StepPlan step;
    std::vector<int64_t> batch_ends;
    for (size_t i = begin; i < end; ++i) {
      step.samples.insert(step.samples.end(), batches[i].begin(), batches[i].end());
      batch_ends.push_back(std::ssize(step.samples));
    }
    step.batches = static_cast<int64_t>(end - begin);
    int64_t number = 0;
    const auto shares = share_out(step, batch_ends, offsets, sharing);
    for (size_t rank = 0; rank < shares.size(); ++rank)
      for (auto& places : shares[rank]) {
        StepPart part{{}, places, number++};
        for (int64_t place : places)
          part.samples.push_back(step.samples[static_cast<size_t>(place)]);
        if (sharing.whole || static_cast<int>(rank) == sharing.rank)
          step.parts.push_back(std::move(part));
      }
    steps.push_back(std::move(step));
  }
  return steps;
}

int64_t most_parts(int64_t accumulate, const StepSharing& sharing) {
  return accumulate + sharing.size;
}

}  // namespace mma
