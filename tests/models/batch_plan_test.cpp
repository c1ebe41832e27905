#include "models/batch_plan.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>

#include "models/mmbt.h"
#include "support/small_models.h"

using namespace mma;

namespace {

using Numbers = std::vector<int64_t>;

Numbers numbers_of(const torch::Tensor& x) {
  auto flat = x.contiguous();
  return {flat.data_ptr<int64_t>(), flat.data_ptr<int64_t>() + flat.numel()};
}

// Texts of 3 and 2 tokens; the first lacks video.
Batch two_samples() {
  Batch batch;
  batch.samples = {7, 4};
  batch.lengths = {3, 2};
  batch.tokens = {1, 20, 2, 1, 2};
  batch.labels = {0, 1, 1, 1};
  batch.modalities["video"] = {4, {0, 0, 0, 0, 0.5f, 1, 2, 3}, {0, 1}};
  return batch;
}

}  // namespace

TEST_CASE("batch plan: everything of a batch by hand, in one buffer", "[models]") {
  auto batch = two_samples();
  PrecomputedRows precomputed;
  precomputed.kind = {Precomputed::Per::kSample, 2};
  precomputed.rows = torch::arange(20).view({10, 2}).to(torch::kFloat32);
  for (int64_t i = 0; i <= 8; ++i) precomputed.first.push_back(i);
  BatchPlan plan(batch, text_sequences(batch), torch::kCPU, precomputed);
  auto input = plan.input();
  CHECK(plan.batch().samples == Numbers{7, 4});
  CHECK(input.samples() == 2);
  CHECK(numbers_of(input.ids) == Numbers{1, 20, 2, 1, 2});
  CHECK(numbers_of(input.positions) == Numbers{0, 1, 2, 0, 1});
  CHECK(numbers_of(input.segments) == Numbers{0, 0, 0, 0, 0});
  CHECK_FALSE(input.source.defined());
  CHECK(input.rows.offsets == Numbers{0, 3, 5});
  CHECK(numbers_of(input.rows.starts) == Numbers{0, 3, 5});
  CHECK(numbers_of(input.rows.sample) == Numbers{0, 0, 0, 1, 1});
  CHECK(numbers_of(input.rows.padded) == Numbers{0, 1, 2, 3, 4});
  CHECK(torch::equal(input.labels, torch::tensor({{0.0f, 1.0f}, {1.0f, 1.0f}})));
  auto& video = input.modalities.at("video");
  CHECK(torch::equal(video.values[1], torch::tensor({0.5f, 1.0f, 2.0f, 3.0f})));
  CHECK(torch::equal(video.present, torch::tensor({{0.0f}, {1.0f}})));
  CHECK(torch::equal(input.precomputed, torch::tensor({{14.0f, 15.0f}, {8.0f, 9.0f}})));
  const auto* storage = input.ids.storage().data();
  for (auto* tensor : {&input.positions, &input.segments, &input.rows.starts, &input.rows.sample,
                       &input.rows.padded, &input.labels, &video.values, &video.present}) {
    CHECK(tensor->storage().data() == storage);
    CHECK(reinterpret_cast<uintptr_t>(tensor->data_ptr()) % 64 == 0);
  }
}

TEST_CASE("batch plan: a token's place in a padded layout", "[models]") {
  auto rows = Rows::of_lengths({1, 3});
  CHECK(numbers_of(rows.padded) == Numbers{0, 3, 4, 5});
  auto x = torch::tensor({{1.0f}, {2.0f}, {3.0f}, {4.0f}});
  CHECK(torch::equal(rows.pad(x),
                     torch::tensor({{{1.0f}, {0.0f}, {0.0f}}, {{2.0f}, {3.0f}, {4.0f}}})));
  CHECK(torch::equal(rows.unpad(rows.pad(x)), x));
}

TEST_CASE("batch plan: mmbt's sequence has the modality's vectors before the text", "[models]") {
  auto backbone = test::small_backbone();
  Mmbt model(MmbtConfig(), {backbone, {{"video", 4, 2}}, 2, 1});
  auto plan = plan_batch(model, two_samples(), backbone->options());
  auto input = plan.input();
  // The text's five tokens, then two vectors a sample.
  CHECK(numbers_of(input.source) == Numbers{0, 2, 1, /**/ 3, 7, 8, 4});
  CHECK(numbers_of(input.positions) == Numbers{0, 1, 0, /**/ 0, 1, 2, 3});
  CHECK(numbers_of(input.segments) == Numbers{0, 0, 1, /**/ 0, 0, 0, 0});
  CHECK(input.rows.offsets == Numbers{0, 3, 7});
  CHECK(numbers_of(input.ids) == Numbers{1, 20, 2, 1, 2});
}
