#include "run/checkpoint.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "support/io_faults.h"
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

TEST_CASE("checkpoint: what is loaded is what was saved, to the last bit", "[run]") {
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

TEST_CASE("checkpoint: a damaged one is noticed and the one before is used", "[run]") {
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

TEST_CASE("checkpoint: the best is kept apart, and tensors of other names are refused", "[run]") {
  test::ScratchDir dir;
  CheckpointStore store(dir.path);
  store.save_best(tensors(1), state_at(1));
  store.save_best(tensors(3), state_at(2));
  auto a = tensors(0);
  store.load_best(a);
  CHECK(torch::equal(a[1].second, torch::full({4}, 3.0)));
  NamedTensors other = {{"a", torch::zeros({2, 3})}, {"c", torch::zeros({4})}};
  CHECK_FALSE(store.load_best(other));
}

TEST_CASE("checkpoint: numbers that are not finite survive", "[run]") {
  for (double value : {std::nan(""), HUGE_VAL, -HUGE_VAL, 0.25}) {
    CAPTURE(value);
    test::ScratchDir dir;
    CheckpointStore store(dir.path);
    auto state = state_at(3);
    state.best_metric = state.loss_sum = value;
    store.save_last(tensors(1), tensors(1), state);
    auto a = tensors(0), b = tensors(0);
    auto back = store.load_last(a, b);
    REQUIRE(back.has_value());
    for (double read : {back->best_metric, back->loss_sum})
      CHECK((std::isnan(value) ? std::isnan(read) : read == value));
  }
}

TEST_CASE("checkpoint: a damaged best is told, not thrown", "[run]") {
  test::ScratchDir dir;
  CheckpointStore store(dir.path);
  auto a = tensors(0);
  CHECK_FALSE(store.load_best(a));  // none at all
  store.save_best(tensors(1), state_at(1));
  CHECK(store.load_best(a));
  flip_a_byte(dir.path / "best/trained.safetensors");
  CHECK_FALSE(store.load_best(a));
}

TEST_CASE("checkpoint: whichever open, write, fsync, close or rename fails, a good one is there",
          "[run]") {
  int faults = 0;
  for (int nth = 1;; ++nth) {
    CAPTURE(nth);
    test::ScratchDir dir;
    CheckpointStore store(dir.path);
    store.save_last(tensors(1), tensors(1), state_at(1));
    store.save_last(tensors(2), tensors(2), state_at(2));
    bool failed = false;
    {
      test::IoFault fault(nth);
      try {
        store.save_last(tensors(3), tensors(3), state_at(3));
      } catch (const MachineError&) {
        failed = true;
      }
      if (!fault.happened()) break;
      ++faults;
    }
    CHECK(failed);
    auto a = tensors(0), b = tensors(0);
    auto state = store.load_last(a, b);
    REQUIRE(state.has_value());
    CHECK((state->step == 2 || state->step == 3));
    CHECK(torch::equal(a[0].second, torch::full({2, 3}, static_cast<double>(state->step))));
    CHECK(torch::equal(b[1].second, torch::full({4}, static_cast<double>(state->step))));
    CHECK_FALSE(fs::exists(dir.path / "last.tmp"));
    store.save_last(tensors(4), tensors(4), state_at(4));  // the next save works
    CHECK(store.load_last(a, b)->step == 4);
  }
  CHECK(faults > 15);
}

TEST_CASE("checkpoint: what the disk keeps otherwise than it was meant is noticed", "[run]") {
  for (int nth = 1; nth <= 3; ++nth) {  // trained tensors, optimizer, state
    CAPTURE(nth);
    test::ScratchDir dir;
    CheckpointStore store(dir.path);
    store.save_last(tensors(1), tensors(1), state_at(1));
    test::IoFault fault(nth, test::IoFault::kLies);
    store.save_last(tensors(2), tensors(2), state_at(2));
    CHECK(fault.happened());
    auto a = tensors(0), b = tensors(0);
    CHECK(store.load_last(a, b)->step == 1);
    CHECK(torch::equal(a[0].second, torch::ones({2, 3})));
  }
}

TEST_CASE("checkpoint: whatever fails while the best is saved, the old one or the new one is there",
          "[run]") {
  for (int nth = 1;; ++nth) {
    CAPTURE(nth);
    test::ScratchDir dir;
    CheckpointStore store(dir.path);
    store.save_best(tensors(1), state_at(1));
    {
      test::IoFault fault(nth);
      try {
        store.save_best(tensors(2), state_at(2));
      } catch (const MachineError&) {
      }
      if (!fault.happened()) break;
    }
    auto a = tensors(0);
    store.load_best(a);
    auto value = a[0].second[0][0].item<float>();
    CHECK((value == 1 || value == 2));
    CHECK(torch::equal(a[1].second, torch::full({4}, value)));
    store.save_best(tensors(3), state_at(3));
    store.load_best(a);
    CHECK(a[0].second[0][0].item<float>() == 3);
    CHECK_FALSE(fs::exists(dir.path / "best.old"));
  }
}

TEST_CASE("checkpoint: every truncation and every flipped bit is noticed", "[run]") {
  test::ScratchDir dir;
  CheckpointStore store(dir.path);
  NamedTensors large = {{"a", torch::randn({60, 100})}, {"b", torch::randn({40})}};
  auto into = [&] {
    return NamedTensors{{"a", torch::zeros({60, 100})}, {"b", torch::zeros({40})}};
  };
  store.save_last(large, large, state_at(1));
  std::vector<fs::path> files;
  for (auto& file : fs::directory_iterator(dir.path / "last")) files.push_back(file.path());
  CHECK(files.size() == 4);
  auto refused = [&] {
    auto a = into(), b = into();
    try {
      store.load_last(a, b);
      return false;
    } catch (const UserError&) {
      return true;
    }
  };
  int64_t truncations = 0;
  for (auto& file : files) {
    auto whole = read_file(file);
    for (size_t length = 0; length < whole.size(); length += 4096) {
      std::ofstream(file, std::ios::binary) << whole.substr(0, length);
      CAPTURE(file, length);
      CHECK(refused());
      ++truncations;
    }
    std::ofstream(file, std::ios::binary) << whole;
  }
  CHECK(truncations >= 14);
  RandomStream random(derive_key(1, "flips"));
  for (int i = 0; i < 1000; ++i) {
    auto& file = files[random.below(files.size())];
    auto whole = read_file(file), damaged = whole;
    auto bit = random.below(whole.size() * 8);
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    std::ofstream(file, std::ios::binary) << damaged;
    CAPTURE(file, bit);
    CHECK(refused());
    std::ofstream(file, std::ios::binary) << whole;
  }
  auto a = into(), b = into();
  CHECK(store.load_last(a, b).has_value());
  CHECK(torch::equal(a[0].second, large[0].second));
}
