#include "nn/dense.h"

#include "support/kernels.h"

using namespace mma;

namespace {

// A packed product of 48 numbers to 20, or one without `packed` where that cannot be done.
Dense packed_product(torch::ScalarType type) {
  Dense product{torch::randn({20, 48}).to(type), torch::randn({20}).to(type), nullptr};
  product.pack();
  if (!product.packed) WARN("no packed product of " << torch::toString(type) << " here");
  return product;
}

}  // namespace

TEST_CASE("dense: a packed product is the product, and gives its weights back", "[nn]") {
  for (auto type : {torch::kFloat32, torch::kBFloat16}) {
    CAPTURE(torch::toString(type));
    auto packed = packed_product(type);
    if (!packed.packed) continue;
    CHECK_FALSE(packed.weight.defined());
    auto weight = packed.plain_weight().to(torch::kFloat64), bias = packed.bias.to(torch::kFloat64);
    for (int64_t n : {1, 7, 130}) {
      auto linear = [&](const test::Tensors& x) { return torch::linear(x[0], weight, bias); };
      auto ours = [&](const test::Tensors& x) { return packed(x[0]); };
      for (double found : test::excesses(ours, linear, {torch::randn({n, 48})}, type))
        CHECK(found <= 1);
    }
  }
}

TEST_CASE("dense: packing keeps the weights' bits", "[nn]") {
  auto weight = torch::randn({20, 48});
  Dense product{weight, torch::randn({20}), nullptr};
  product.pack();
  CHECK(torch::equal(product.plain_weight(), weight));
}

TEST_CASE("dense: a packed product wants rows of its width and type", "[nn]") {
  auto packed = packed_product(torch::kFloat32);
  if (!packed.packed) return;
  CHECK_THROWS_WITH(packed(torch::randn({3, 47})),
                    "product: input: expected Float [3, 48] on cpu, found Float [3, 47] on cpu");
  CHECK_THROWS_AS(packed(torch::randn({3, 48}).to(torch::kBFloat16)), Error);
}
