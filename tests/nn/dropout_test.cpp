#include "nn/dropout.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "base/error.h"
#include "base/random.h"

using namespace mma;

TEST_CASE("dropout: bits are Philox4x32-10 blocks, word by word", "[nn]") {
  const DropoutStream stream{0x0123456789abcdef, 7, 1000003, 5};
  uint16_t bits[128];
  dropout_chunk(stream, 3, bits);
  for (uint32_t lane = 0; lane < 16; ++lane) {
    auto words = philox({3 * 16 + lane, stream.unit, stream.site, stream.sample}, stream.key);
    uint32_t alone[4];  // what GPUs compute
    dropout_block(stream, 3 * 16 + lane, alone);
    for (uint32_t w = 0; w < 4; ++w) {
      CHECK(alone[w] == words[w]);
      CHECK(dropout_place(3 * 16 + lane, w) == 3 * 128 + w * 32 + lane * 2);
      uint32_t found = bits[w * 32 + lane * 2] | uint32_t{bits[w * 32 + lane * 2 + 1]} << 16;
      CHECK(found == words[w]);
    }
  }
}

TEST_CASE("dropout: rate, scale and mean are those of p", "[nn]") {
  DropoutState state{true, 42, 0};
  const int64_t n = 1'000'003;  // not a multiple of a chunk
  for (double p : {0.1, 0.5}) {
    auto y = dropout(torch::ones({n, 1}), p, Rows::of_lengths({n}), state);
    auto zeros = (y == 0).sum().item<int64_t>();
    double sigma = std::sqrt(static_cast<double>(n) * p * (1 - p));
    CHECK(std::abs(static_cast<double>(zeros) - static_cast<double>(n) * p) < 5 * sigma);
    CHECK(std::abs(y.max().item<double>() - 1 / (1 - p)) < 1e-4);
    CHECK(std::abs(y.mean().item<double>() - 1) < 5 * sigma / static_cast<double>(n) / (1 - p));
  }
}

TEST_CASE("dropout: a function of key, site and sample, not of threads", "[nn]") {
  auto rows = Rows::of_lengths({100, 100, 100});
  auto x = torch::randn({100, 77}).repeat({3, 1});
  auto run = [&](uint64_t key, uint32_t site) {
    DropoutState state{true, key, site};
    return dropout(x, 0.3, rows, state);
  };
  auto with_two = run(1, 0);
  at::set_num_threads(1);
  auto with_one = run(1, 0);
  at::set_num_threads(2);
  CHECK(torch::equal(with_one, with_two));
  CHECK_FALSE(torch::equal(run(1, 0), run(1, 1)));
  CHECK_FALSE(torch::equal(run(1, 0), run(2, 0)));
  CHECK_FALSE(torch::equal(with_one.narrow(0, 0, 100), with_one.narrow(0, 100, 100)));
}

TEST_CASE("dropout: however samples are put together, each has its mask", "[nn]") {
  const std::vector<int64_t> lengths{3, 40, 1, 9};
  const int64_t width = 200;  // more than a chunk, and no multiple of it
  auto rows = Rows::of_lengths(lengths);
  auto x = torch::randn({rows.total(), width});
  auto run = [](const torch::Tensor& x, const Rows& rows, const std::vector<int64_t>& samples) {
    DropoutState state{true, 1, 4, torch::tensor(samples)};
    return dropout(x, 0.5, rows, state);
  };
  const std::vector<int64_t> samples{7, 2, 11, 3};
  auto whole = run(x, rows, samples);
  for (int64_t b = 0; b < rows.samples(); ++b) {
    const auto begin = rows.offsets[static_cast<size_t>(b)], length = rows.length(b);
    auto alone = run(x.narrow(0, begin, length), Rows::of_lengths({length}),
                     {samples[static_cast<size_t>(b)]});
    CHECK(torch::equal(alone, whole.narrow(0, begin, length)));
  }
  CHECK(torch::equal(run(rows.first_of(x), Rows::one_each(4), samples), rows.first_of(whole)));
  // What other types and devices take: factors made here.
  CHECK(torch::equal(run(x.to(torch::kFloat64), rows, samples).to(torch::kFloat32), whole));
}

TEST_CASE("dropout: the gradient passes the same mask; off outside training", "[nn]") {
  auto x = torch::randn({50, 31}).requires_grad_();
  auto rows = Rows::of_lengths({20, 30});
  DropoutState state{true, 5, 0};
  auto y = dropout(x, 0.25, rows, state);
  CHECK(state.site == 1);
  y.sum().backward();
  CHECK(torch::allclose(x.grad() * x.detach(), y.detach()));
  DropoutState off;
  CHECK(dropout(x, 0.25, rows, off).is_same(x));
  CHECK(off.site == 0);
  CHECK_THROWS_AS(dropout(x, 0.25, Rows::of_lengths({20, 29}), state), Error);
}
