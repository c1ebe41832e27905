#include "data/batch.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <set>

using namespace mma;

namespace {

// Samples of 1, 2, 3, ... tokens; sample i's numbers are made of i.
Split numbered(int64_t samples) {
  Split split;
  split.offsets = {0};
  auto& video = split.modalities["video"];
  auto& audio = split.modalities["audio"];
  video.width = audio.width = 2;
  std::vector<int32_t> tokens;
  std::vector<float> values;
  for (int64_t i = 0; i < samples; ++i) {
    split.ids.push_back(std::to_string(i));
    for (int64_t t = 0; t <= i % 5; ++t) tokens.push_back(static_cast<int32_t>(10 * i + t));
    split.offsets.push_back(static_cast<int64_t>(tokens.size()));
    split.labels.push_back(i % 2);
    split.labels.push_back(1);
    const auto value = static_cast<float>(i + 1);
    values.insert(values.end(), {value, -value});
    for (auto* rows : {&video, &audio}) rows->present.push_back(1);
  }
  split.tokens = tokens;
  video.values = audio.values = values;
  return split;
}

}  // namespace

TEST_CASE("batch: rows of a split in the order asked for, tokens one after the other", "[data]") {
  auto batch = assemble(numbered(4), {2, 0});
  CHECK(batch.samples == std::vector<int64_t>{2, 0});
  CHECK(batch.lengths == std::vector<int64_t>{3, 1});
  CHECK(batch.tokens == std::vector<int32_t>{20, 21, 22, 0});
  CHECK(batch.labels == std::vector<float>{0, 1, 0, 1});
  CHECK(batch.modalities.at("audio").values == std::vector<float>{3, -3, 1, -1});
}

TEST_CASE("batch: an epoch takes every sample once, in an order of seed and epoch", "[data]") {
  auto first = epoch_batches(10, 4, true, 1, 0);
  REQUIRE(first.size() == 3);
  CHECK(first[2].size() == 2);
  std::multiset<int64_t> all;
  for (auto& batch : first) all.insert(batch.begin(), batch.end());
  CHECK(all == std::multiset<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(first == epoch_batches(10, 4, true, 1, 0));
  CHECK(first != epoch_batches(10, 4, true, 1, 1));
  CHECK(first != epoch_batches(10, 4, true, 2, 0));
  // Smaller batches cut the same order.
  auto halves = epoch_batches(10, 2, true, 1, 0);
  auto joined = halves[0];
  joined.insert(joined.end(), halves[1].begin(), halves[1].end());
  CHECK(joined == first[0]);
  CHECK(epoch_batches(3, 2, false, 1, 5) == std::vector<std::vector<int64_t>>{{0, 1}, {2}});
}

TEST_CASE("batch: modality dropout has p's rate, whatever batch a sample stands in", "[data]") {
  const int64_t samples = 2000;
  auto split = numbered(samples);
  std::vector<int64_t> all(samples);
  for (int64_t i = 0; i < samples; ++i) all[static_cast<size_t>(i)] = i;
  auto dropped = [&](const std::vector<int64_t>& chosen, uint64_t key) {
    auto batch = assemble(split, chosen);
    drop_modalities(batch, 0.3, key);
    return batch;
  };
  auto whole = dropped(all, 5);
  const double sigma = std::sqrt(samples * 0.3 * 0.7);
  int64_t both = 0;
  for (auto& [name, table] : whole.modalities) {
    auto lost = std::count(table.present.begin(), table.present.end(), 0);
    CHECK(std::abs(static_cast<double>(lost) - samples * 0.3) < 5 * sigma);
  }
  for (size_t i = 0; i < all.size(); ++i) {
    both += !whole.modalities["video"].present[i] && !whole.modalities["audio"].present[i];
    CHECK((whole.modalities["video"].values[2 * i] != 0) ==
          (whole.modalities["video"].present[i] != 0));
  }
  CHECK(std::abs(static_cast<double>(both) - samples * 0.09) <
        5 * std::sqrt(samples * 0.09 * 0.91));  // one says nothing of the other
  auto some = dropped({1999, 3, 700}, 5);
  for (auto& [name, table] : some.modalities)
    CHECK(table.present == std::vector<uint8_t>{whole.modalities[name].present[1999],
                                                whole.modalities[name].present[3],
                                                whole.modalities[name].present[700]});
  CHECK(whole.modalities["video"].present != dropped(all, 6).modalities["video"].present);
}
