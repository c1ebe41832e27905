#include "nn/activation.h"

#include <cmath>

#include "support/kernels.h"

using namespace mma;
using test::Tensors;

namespace {

test::Computation activation(const std::string& name) {
  auto function = pick(activations(), "activation", name);
  return [function](const Tensors& x) { return function(x[0]); };
}
test::Computation gelu(const char* form) {
  return [form](const Tensors& x) { return torch::gelu(x[0], form); };
}

}  // namespace

TEST_CASE("activation: GELU, both forms, with their gradients", "[nn]") {
  for (int64_t n : {1, 16, 333}) {
    CAPTURE(n);
    const Tensors x{3 * torch::randn({2, n})};
    test::check_same(activation("gelu"), gelu("none"), x);
    test::check_same(activation("gelu_tanh"), gelu("tanh"), x);
  }
  for (auto* name : {"gelu", "gelu_tanh"}) {
    auto far = pick(activations(), "activation", name)(torch::tensor({-50.0f, 50.0f, NAN}));
    CHECK(std::abs(far[0].item<float>()) < 1e-30);
    CHECK(far[1].item<float>() == 50);
    CHECK(std::isnan(far[2].item<float>()));
  }
}

TEST_CASE("activation: the comparison tells ReLU and either form of GELU apart", "[nn]") {
  const Tensors x{3 * torch::randn({2, 333})};
  for (auto type : {torch::kFloat32, torch::kBFloat16}) {
    CAPTURE(torch::toString(type));
    for (auto& all : {test::excesses(activation("relu"), gelu("none"), x, type),
                      test::excesses(activation("silu"), gelu("tanh"), x, type),
                      test::excesses(activation("gelu"), gelu("tanh"), x, type)})
      for (double found : all) CHECK(found > 1);
  }
}
