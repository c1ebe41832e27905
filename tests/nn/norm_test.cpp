#include "nn/norm.h"

#include "support/kernels.h"

using namespace mma;
using test::Tensors;

TEST_CASE("norm: one, two and three addends, the weights' gradients too", "[nn]") {
  for (int64_t width : {13, 24, 48, 77})
    for (size_t addends = 1; addends <= 3; ++addends) {
      CAPTURE(width, addends);
      Tensors inputs{1 + 0.2 * torch::randn({width}), torch::randn({width})};
      for (size_t i = 0; i < addends; ++i) inputs.push_back(torch::randn({71, width}) + 1);
      auto rest = [](const Tensors& x) { return Tensors(x.begin() + 2, x.end()); };
      // Backward sees the sum of several addends as it is kept, in bf16; LibTorch casts weights.
      const double between = !cpu_kernels() ? 0.05 : addends > 1 ? 0.01 : 0;
      test::check_same(
          [&](const Tensors& x) { return layer_norm(x[0], x[1], 1e-12, rest(x)); },
          [&](const Tensors& x) { return layer_norm_reference(x[0], x[1], 1e-12, rest(x)); },
          inputs, {{true, true}, between});
    }
}

TEST_CASE("norm: weights that do not lie side by side", "[nn]") {
  auto weight = torch::randn({24, 2}), bias = torch::randn({24, 2}), x = torch::randn({5, 24});
  auto w = weight.select(1, 0), b = bias.select(1, 1);
  CHECK(torch::equal(layer_norm(w, b, 1e-5, {x}),
                     layer_norm(w.contiguous(), b.contiguous(), 1e-5, {x})));
}

TEST_CASE("norm: operands that do not fit each other are told", "[nn]") {
  test::only_with_kernels();
  auto weight = torch::ones({24}), x = torch::randn({5, 24});
  auto norm = [&](const torch::Tensor& w, const torch::Tensor& b, const Tensors& addends) {
    return layer_norm(w, b, 1e-5, addends);
  };
  CHECK_THROWS_WITH(norm(torch::ones({16}), weight, {x, x}),
                    "layer_norm: weight: expected Float [24] on cpu, found Float [16] on cpu");
  CHECK_THROWS_AS(norm(weight, torch::ones({25}), {x, x}), Error);
  CHECK_THROWS_AS(norm(weight, weight.to(torch::kBFloat16), {x, x}), Error);
  CHECK_THROWS_AS(norm(weight, weight, {x, torch::randn({4, 24})}), Error);
  CHECK_THROWS_AS(norm(weight, weight, {x, x, x.to(torch::kBFloat16)}), Error);
  CHECK_THROWS_AS(
      norm(torch::ones({0}), torch::ones({0}), {torch::randn({5, 0}), torch::randn({5, 0})}),
      Error);
}
