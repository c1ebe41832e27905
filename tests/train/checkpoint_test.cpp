#include "train/checkpoint.h"

#include <catch2/catch_test_macros.hpp>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "support/paths.h"

using namespace mma;

namespace {

NamedTensors tensors(double value) {
  return {{"a", torch::full({2, 3}, value)}, {"b", torch::full({4}, value)}};
}

TrainState state_at(int64_t step) {
  TrainState state;
  state.step = step;
  state.best_metric = 0.1 + 1e-17;
  state.loss_sum = 1.0 / 3;
  return state;
}

void flip_a_byte(const fs::path& file) {
  auto bytes = read_file(file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::ofstream(file, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("checkpoint: what is loaded is what was saved, to the last bit", "[train]") {
  test::ScratchDir dir;
  CheckpointStore store(dir.path);
  auto a = tensors(0), b = tensors(0);
  CHECK_FALSE(store.load_last(a, b).has_value());
  store.save_last(tensors(1), tensors(2), state_at(7));
  auto state = store.load_last(a, b);
  REQUIRE(state.has_value());
  CHECK(state->step == 7);
  CHECK(state->loss_sum == 1.0 / 3);
  CHECK(torch::equal(a[0].second, torch::ones({2, 3})));
  CHECK(torch::equal(b[1].second, torch::full({4}, 2.0)));
}

TEST_CASE("checkpoint: a damaged one is noticed and the one before is used", "[train]") {
  for (auto* name :
       {"trained.safetensors", "optimizer.safetensors", "state.json", "manifest.json"}) {
    CAPTURE(name);
    test::ScratchDir dir;
    CheckpointStore store(dir.path);
    store.save_last(tensors(1), tensors(1), state_at(1));
    store.save_last(tensors(2), tensors(2), state_at(2));
    flip_a_byte(dir.path / "last" / name);
    auto a = tensors(0), b = tensors(0);
    CHECK(store.load_last(a, b)->step == 1);
    CHECK(torch::equal(a[0].second, torch::ones({2, 3})));
    flip_a_byte(dir.path / "previous" / name);
    CHECK_THROWS_AS(store.load_last(a, b), UserError);
  }
}

TEST_CASE("checkpoint: the best is kept apart, and tensors of other names are refused", "[train]") {
  test::ScratchDir dir;
  CheckpointStore store(dir.path);
  store.save_best(tensors(1), state_at(1));
  store.save_best(tensors(3), state_at(2));
  auto a = tensors(0);
  store.load_best(a);
  CHECK(torch::equal(a[1].second, torch::full({4}, 3.0)));
  NamedTensors other = {{"a", torch::zeros({2, 3})}, {"c", torch::zeros({4})}};
  CHECK_THROWS_AS(store.load_best(other), UserError);
}
