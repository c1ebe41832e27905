#include "nn/vector.h"

#include <torch/torch.h>

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>

using namespace mma;

namespace {

// The functions of nn/vector.h on rows of numbers, compiled as kernels are.
struct ExpAndErf {
  template <class Set>
  static MMA_INLINE void run(const float* x, float* e, float* f, int64_t count) {
    using Vec = VecOf<Set>;
    MMA_FOR_EACH_VEC(i, n, count) {
      store_some(e + i, exp(load_some<Vec>(x + i, n)), n);
      store_some(f + i, erf(load_some<Vec>(x + i, n)), n);
    }
  }
};
struct Copy {
  template <class Set, class From, class To>
  static MMA_INLINE void run(const From* from, To* to, int64_t count) {
    using Vec = VecOf<Set>;
    MMA_FOR_EACH_VEC(i, n, count) { store_some(to + i, load_some<Vec>(from + i, n), n); }
  }
};
struct Transpose {
  template <class Set>
  static MMA_INLINE void run(float* numbers, int64_t* size) {
    using Vec = VecOf<Set>;
    *size = kLanes<Vec>;
    Vec rows[kLanes<Vec>];
    for (int64_t i = 0; i < kLanes<Vec>; ++i) rows[i] = load<Vec>(numbers + i * kLanes<Vec>);
    transpose(rows);
    for (int64_t i = 0; i < kLanes<Vec>; ++i) store(numbers + i * kLanes<Vec>, rows[i]);
  }
};

}  // namespace

TEST_CASE("vector: exp and erf are those of the standard library", "[nn]") {
  const int64_t n = 64001;
  std::vector<float> x, e(n), f(n);
  for (int64_t i = 0; i < n; ++i) x.push_back(-40.0f + 80.0f * static_cast<float>(i) / 64000.0f);
  vectorized<ExpAndErf>(x.data(), e.data(), f.data(), n);
  double exp_error = 0, erf_error = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    exp_error = std::max(exp_error, std::abs(e[i] / std::exp(static_cast<double>(x[i])) - 1));
    erf_error = std::max(erf_error, std::abs(f[i] - std::erf(static_cast<double>(x[i]))));
  }
  CHECK(exp_error < 2.4e-7);
  CHECK(erf_error < 4e-7);
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> odd{-infinity, -100, NAN, infinity};
  vectorized<ExpAndErf>(odd.data(), e.data(), f.data(), 4);
  CHECK(e[0] == 0);
  CHECK(e[1] == 0);
  CHECK(std::isnan(e[2]));
  CHECK(f[3] == 1);
  CHECK(std::isnan(f[2]));
}

TEST_CASE("vector: bf16 is rounded as LibTorch rounds it", "[nn]") {
  auto x =
      torch::cat({torch::randn({1000}) * 1e3, torch::randn({1000}) * 1e-38,
                  torch::tensor({0.0f, -0.0f, 1.00390625f, 1.01171875f, 3.39e38f, -INFINITY})});
  auto expected = x.to(torch::kBFloat16);
  auto found = torch::empty_like(expected);
  vectorized<Copy>(x.data_ptr<float>(), static_cast<BFloat16*>(found.data_ptr()), x.numel());
  CHECK(std::memcmp(found.data_ptr(), expected.data_ptr(), expected.nbytes()) == 0);
  auto back = torch::empty_like(x);
  vectorized<Copy>(static_cast<const BFloat16*>(found.data_ptr()), back.data_ptr<float>(),
                   x.numel());
  CHECK(torch::equal(back, expected.to(torch::kFloat32)));
  BFloat16 half;
  float number = NAN;
  vectorized<Copy>(&number, &half, 1);
  number = 0;
  vectorized<Copy>(&half, &number, 1);
  CHECK(std::isnan(number));
}

TEST_CASE("vector: a square of a register's size, rows to columns", "[nn]") {
  auto x = torch::arange(256, torch::kFloat32);
  auto y = x.clone();
  int64_t n = 0;
  vectorized<Transpose>(y.data_ptr<float>(), &n);
  CHECK(torch::equal(y.narrow(0, 0, n * n).view({n, n}), x.narrow(0, 0, n * n).view({n, n}).t()));
}
