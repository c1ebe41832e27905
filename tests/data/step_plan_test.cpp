#include "data/step_plan.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

using namespace mma;

namespace {

using Batches = std::vector<std::vector<int64_t>>;

// Texts of 1, 2, 3, ... tokens.
std::vector<int64_t> offsets_of(int64_t samples) {
  std::vector<int64_t> offsets{0};
  for (int64_t i = 0; i < samples; ++i) offsets.push_back(offsets.back() + i + 1);
  return offsets;
}

std::vector<std::vector<int64_t>> samples_of(const StepPlan& step) {
  std::vector<std::vector<int64_t>> all;
  for (auto& part : step.parts) all.push_back(part.samples);
  return all;
}

}  // namespace

TEST_CASE("step plan: one process computes each batch, counted through the step", "[data]") {
  const Batches batches{{5, 3}, {1, 0}, {2, 4}, {6}};
  auto steps = step_plans(batches, 0, 3, offsets_of(7), {});
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].samples == std::vector<int64_t>{5, 3, 1, 0, 2, 4});
  CHECK(samples_of(steps[0]) == Batches{{5, 3}, {1, 0}, {2, 4}});
  CHECK(steps[0].parts[1].places == std::vector<int64_t>{2, 3});
  CHECK(steps[0].parts[2].number == 2);
  CHECK(steps[0].batches == 3);
  CHECK(samples_of(steps[1]) == Batches{{6}});
  CHECK(steps[1].batches == 1);
  // From the third batch on: what a run that goes on does.
  CHECK(samples_of(step_plans(batches, 3, 3, offsets_of(7), {})[0]) == Batches{{6}});
}

TEST_CASE("step plan: batches that divide evenly stay whole", "[data]") {
  const Batches batches{{0, 1}, {2, 3}, {4, 5}, {6, 7}};
  auto first = step_plans(batches, 0, 4, offsets_of(8), {0, 2}),
       second = step_plans(batches, 0, 4, offsets_of(8), {1, 2});
  CHECK(samples_of(first[0]) == Batches{{0, 1}, {2, 3}});
  CHECK(samples_of(second[0]) == Batches{{4, 5}, {6, 7}});
  CHECK(second[0].parts[0].places == std::vector<int64_t>{4, 5});
  CHECK(second[0].parts[0].number == 2);
  CHECK(second[0].samples.size() == 8);
}

TEST_CASE("step plan: a batch's samples are dealt out, the longest first", "[data]") {
  // Lengths 1, 2, 3, 4, 5, at the places 0 to 4: 5 | 4, 3 | 5 + 2 | 7, 1 -> 8 and 7.
  const Batches batches{{0, 1, 2, 3, 4}};
  auto first = step_plans(batches, 0, 1, offsets_of(5), {0, 2})[0],
       second = step_plans(batches, 0, 1, offsets_of(5), {1, 2})[0];
  CHECK(samples_of(first) == Batches{{0, 1, 4}});
  CHECK(samples_of(second) == Batches{{2, 3}});
  CHECK(second.parts[0].places == std::vector<int64_t>{2, 3});
  CHECK(second.parts[0].number == 1);
  // Two batches of two over three: lengths 5, 4 | 3, 2 at the places 0 to 3: 5 | 4 | 3 + 2.
  const Batches two{{4, 3}, {2, 1}};
  CHECK(samples_of(step_plans(two, 0, 2, offsets_of(5), {0, 3})[0]) == Batches{{4}});
  CHECK(samples_of(step_plans(two, 0, 2, offsets_of(5), {1, 3})[0]) == Batches{{3}});
  auto third = step_plans(two, 0, 2, offsets_of(5), {2, 3})[0];
  CHECK(samples_of(third) == Batches{{2, 1}});
  CHECK(third.parts[0].places == std::vector<int64_t>{2, 3});
  // A share of more samples than a batch is computed in two parts: lengths 9, 1, 1, 1 | 1.
  const Batches uneven{{8, 0}, {1, 2}, {3}};
  std::vector<int64_t> offsets{0, 1, 2, 3, 4, 5, 6, 7, 8, 17};
  auto many = step_plans(uneven, 0, 3, offsets, {1, 2})[0];
  CHECK(samples_of(many) == Batches{{0, 1}, {2, 3}});
  CHECK(many.parts[1].number == 2);
}

TEST_CASE("step plan: every sample is computed once, whatever the number of processes", "[data]") {
  for (int64_t samples : {1, 2, 5, 16, 37})
    for (int64_t accumulate : {1, 2, 3, 4})
      for (int size : {1, 2, 3, 4, 7}) {
        CAPTURE(samples, accumulate, size);
        Batches batches;
        for (int64_t i = 0; i < samples; ++i) {
          if (i % 4 == 0) batches.emplace_back();
          batches.back().push_back((i * 5) % samples == 0 && i > 0 ? i : (i * 5) % samples);
        }
        std::vector<std::vector<StepPlan>> all;
        for (int rank = 0; rank < size; ++rank)
          all.push_back(step_plans(batches, 0, accumulate, offsets_of(samples), {rank, size}));
        for (size_t step = 0; step < all[0].size(); ++step) {
          std::vector<int64_t> put_together(all[0][step].samples.size(), -1);
          int64_t number = 0;
          for (auto& plans : all)
            for (auto& part : plans[step].parts) {
              CHECK(part.number == number++);
              CHECK(part.samples.size() <= 4);
              CHECK(std::is_sorted(part.places.begin(), part.places.end()));
              REQUIRE(part.places.size() == part.samples.size());
              for (size_t i = 0; i < part.places.size(); ++i) {
                auto& sample = put_together.at(static_cast<size_t>(part.places[i]));
                CHECK(sample == -1);
                sample = part.samples[i];
              }
            }
          CHECK(number <= most_parts(accumulate, {0, size}));
          CHECK(put_together == all[0][step].samples);
        }
      }
}

TEST_CASE("step plan: what needs whole batches is computed by each process", "[data]") {
  const Batches batches{{0, 1, 2}, {3, 4}};
  for (int rank : {0, 1, 2})
    CHECK(samples_of(step_plans(batches, 0, 2, offsets_of(5), {rank, 3, true})[0]) == batches);
}
