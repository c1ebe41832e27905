#include "data/step_plan.h"

#include <algorithm>

namespace mma {
namespace {

// Where the shares of a step end, counted in its samples: [size], ascending, the last at the end.
std::vector<size_t> share_ends(const StepPlan& step, const std::vector<size_t>& batch_ends,
                               const std::vector<int64_t>& offsets, int size) {
  const auto ranks = static_cast<size_t>(size);
  std::vector<size_t> ends;
  if (batch_ends.size() % ranks == 0) {
    const size_t each = batch_ends.size() / ranks;
    for (size_t r = 1; r <= ranks; ++r) ends.push_back(batch_ends[r * each - 1]);
    return ends;
  }
  std::vector<int64_t> tokens{0};  // before each sample
  for (int64_t sample : step.samples) {
    auto i = static_cast<size_t>(sample);
    tokens.push_back(tokens.back() + offsets[i + 1] - offsets[i]);
  }
  for (int r = 1; r <= size; ++r) {
    const double goal = static_cast<double>(tokens.back()) * r / size;
    auto after = std::lower_bound(tokens.begin(), tokens.end(), goal,
                                  [](int64_t t, double g) { return static_cast<double>(t) < g; });
    if (after != tokens.begin() &&
        goal - static_cast<double>(*(after - 1)) < static_cast<double>(*after) - goal)
      --after;
    ends.push_back(static_cast<size_t>(after - tokens.begin()));
  }
  return ends;
}

}  // namespace

std::vector<StepPlan> step_plans(const std::vector<std::vector<int64_t>>& batches, size_t first,
                                 int64_t accumulate, const std::vector<int64_t>& offsets,
                                 const StepSharing& sharing) {
  std::vector<StepPlan> steps;
  for (size_t begin = first; begin < batches.size(); begin += static_cast<size_t>(accumulate)) {
    const size_t end = std::min(batches.size(), begin + static_cast<size_t>(accumulate));
    StepPlan step;
    std::vector<size_t> batch_ends;
    for (size_t i = begin; i < end; ++i) {
      step.samples.insert(step.samples.end(), batches[i].begin(), batches[i].end());
      batch_ends.push_back(step.samples.size());
    }
    step.batches = static_cast<int64_t>(end - begin);
    const int size = sharing.whole ? 1 : sharing.size;
    auto ends = share_ends(step, batch_ends, offsets, size);
    size_t from = 0;
    int64_t place = 0;
    for (size_t share = 0, batch = 0; share < ends.size();) {
      const size_t to = std::min(ends[share], batch_ends[batch]);
      if (to > from) {
        if (sharing.whole || static_cast<int>(share) == sharing.rank)
          step.parts.push_back({{step.samples.begin() + static_cast<int64_t>(from),
                                 step.samples.begin() + static_cast<int64_t>(to)},
                                static_cast<int64_t>(from),
                                place});
        ++place;
      }
      from = to;
      if (to == ends[share]) ++share;
      if (to == batch_ends[batch] && batch + 1 < batch_ends.size()) ++batch;
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

int64_t most_parts(int64_t accumulate, const StepSharing& sharing) {
  return accumulate + sharing.size;
}

}  // namespace mma
