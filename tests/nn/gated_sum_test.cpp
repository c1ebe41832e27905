#include "nn/gated_sum.h"

#include "support/kernels.h"
#include "support/packed.h"

using namespace mma;
using test::Tensors;

namespace {

Rows rows_of(const std::vector<int64_t>& lengths) { return Rows::of_lengths(lengths); }

}  // namespace

TEST_CASE("gated_sum: equals the plain formula, means too", "[nn]") {
  auto rows = rows_of({3, 1, 20});
  for (int64_t k : {2, 3, 5})
    for (int64_t p : {6, 16, 37}) {
      CAPTURE(k, p);
      const int64_t g = k == 2 ? 1 : k;
      Tensors inputs{torch::randn({24, p}), torch::randn({3, (k - 1) * p}),
                     torch::randn({24, g * p}), torch::randn({3, g * p})};
      auto named = [](const Tensors& x) { return GatedInputs{x[0], x[1], x[2], x[3]}; };
      const test::Comparison how{{}, cpu_kernels() ? 0 : 0.05};  // LibTorch rounds in between
      torch::Tensor means, expected;
      test::check_same(
          [&](const Tensors& x) { return gated_sum(named(x), rows, &means); },
          [&](const Tensors& x) { return gated_sum_reference(named(x), rows, &expected); }, inputs,
          how);
      CHECK(means.sizes() == std::vector<int64_t>{3, k});
      CHECK(test::largest_error(means, expected) < (cpu_kernels() ? 1e-5 : 1e-2));
      test::check_same(
          [&](const Tensors& x) { return gated_sum(named(x), rows, nullptr); },
          [&](const Tensors& x) { return gated_sum_reference(named(x), rows, nullptr); }, inputs,
          how);
    }
}

TEST_CASE("gated_sum: operands that do not fit each other are told", "[nn]") {
  test::only_with_kernels();
  auto rows = rows_of({3, 1, 20});
  const int64_t p = 6;
  const GatedInputs good{torch::randn({24, p}), torch::randn({3, 2 * p}), torch::randn({24, 3 * p}),
                         torch::randn({3, 3 * p})};
  auto with = [&](torch::Tensor GatedInputs::*part, const torch::Tensor& x) {
    auto in = good;
    in.*part = x;
    return gated_sum(in, rows, nullptr);
  };
  CHECK_NOTHROW(gated_sum(good, rows, nullptr));
  CHECK_THROWS_WITH(
      with(&GatedInputs::products, torch::randn({24, 2 * p})),
      "gated_sum: products: expected Float [24, 18] on cpu, found Float [24, 12] on cpu");
  CHECK_THROWS_AS(with(&GatedInputs::text, torch::randn({23, p})), Error);
  CHECK_THROWS_AS(with(&GatedInputs::others, torch::randn({3, 2 * p + 1})), Error);
  CHECK_THROWS_AS(with(&GatedInputs::others, torch::randn({2, 2 * p})), Error);
  CHECK_THROWS_AS(with(&GatedInputs::terms, torch::randn({3, 2 * p})), Error);
  CHECK_THROWS_AS(with(&GatedInputs::terms, good.terms.to(torch::kBFloat16)), Error);
  CHECK_THROWS_AS(gated_sum(good, rows_of({3, 1, 19}), nullptr), Error);
}
