#include "eval/length_batches.h"

#include <catch2/catch_test_macros.hpp>

#include "base/random.h"

using namespace mma;

namespace {

Split split_of(int64_t samples) {
  Split split;
  RandomStream random(derive_key(1, "lengths"));
  split.offsets = {0};
  for (int64_t i = 0; i < samples; ++i)
    split.offsets.push_back(split.offsets.back() + 1 + static_cast<int64_t>(random.below(60)));
  return split;
}

}  // namespace

TEST_CASE("length batches: the longest first, ties in their order", "[eval]") {
  Split split;
  split.offsets = {0, 2, 5, 7, 8, 11};
  CHECK(length_batches(split, {0, 5}, 2) == std::vector<std::vector<int64_t>>{{1, 4}, {0, 2}, {3}});
  CHECK(length_batches(split, {2, 4}, 4) == std::vector<std::vector<int64_t>>{{2, 3}});
  CHECK(length_batches(split, {2, 2}, 4).empty());
}

TEST_CASE("length batches: window after window as all at once", "[eval]") {
  const int64_t samples = 1000, batch = 3, window = kBatchesAtOnce * batch;
  auto split = split_of(samples);
  auto all = length_batches(split, {0, samples}, batch);
  std::vector<std::vector<int64_t>> joined;
  for (int64_t begin = 0; begin < samples; begin += window)
    for (auto& one : length_batches(split, {begin, std::min(samples, begin + window)}, batch))
      joined.push_back(one);
  CHECK(joined == all);
  std::vector<int64_t> seen(samples, 0);
  for (auto& one : all)
    for (auto i : one) ++seen[static_cast<size_t>(i)];
  CHECK(seen == std::vector<int64_t>(samples, 1));
  CHECK(all.front().front() < window);
}
