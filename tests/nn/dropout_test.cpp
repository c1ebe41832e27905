#include "nn/dropout.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/random.h"

using namespace mma;

TEST_CASE("dropout: bits are Philox4x32-10 blocks, word by word", "[nn]") {
  const uint64_t key = 0x0123456789abcdef;
  uint16_t bits[128];
  dropout_chunk(key, 7, 3, bits);
  for (uint32_t lane = 0; lane < 16; ++lane) {
    auto words = philox({3 * 16 + lane, 0, 7, 0}, key);
    for (size_t w = 0; w < 4; ++w) {
      uint32_t found = bits[w * 32 + lane * 2] | uint32_t{bits[w * 32 + lane * 2 + 1]} << 16;
      CHECK(found == words[w]);
    }
  }
}

TEST_CASE("dropout: rate, scale and mean are those of p", "[nn]") {
  DropoutState state{true, 42, 0};
  const int64_t n = 1'000'003;  // not a multiple of a chunk
  for (double p : {0.1, 0.5}) {
    auto y = dropout(torch::ones({n}), p, state);
    auto zeros = (y == 0).sum().item<int64_t>();
    double sigma = std::sqrt(static_cast<double>(n) * p * (1 - p));
    CHECK(std::abs(static_cast<double>(zeros) - static_cast<double>(n) * p) < 5 * sigma);
    CHECK(std::abs(y.max().item<double>() - 1 / (1 - p)) < 1e-4);
    CHECK(std::abs(y.mean().item<double>() - 1) < 5 * sigma / static_cast<double>(n) / (1 - p));
  }
}

TEST_CASE("dropout: a function of key and site, not of threads; sites differ", "[nn]") {
  auto x = torch::randn({300, 77});
  auto run = [&](uint64_t key, uint32_t site) {
    DropoutState state{true, key, site};
    return dropout(x, 0.3, state);
  };
  auto with_two = run(1, 0);
  at::set_num_threads(1);
  auto with_one = run(1, 0);
  at::set_num_threads(2);
  CHECK(torch::equal(with_one, with_two));
  CHECK_FALSE(torch::equal(run(1, 0), run(1, 1)));
  CHECK_FALSE(torch::equal(run(1, 0), run(2, 0)));
}

TEST_CASE("dropout: the gradient passes the same mask; off outside training", "[nn]") {
  auto x = torch::randn({50, 31}).requires_grad_();
  DropoutState state{true, 5, 0};
  auto y = dropout(x, 0.25, state);
  CHECK(state.site == 1);
  y.sum().backward();
  CHECK(torch::allclose(x.grad() * x.detach(), y.detach()));
  DropoutState off;
  CHECK(dropout(x, 0.25, off).is_same(x));
  CHECK(off.site == 0);
}
