#include "train/optimizer.h"

#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>

#include "nn/cpu_numbers.h"
#include "support/packed.h"

using namespace mma;

namespace {

NamedTensors example() {
  torch::manual_seed(3);
  return {{"w1", torch::randn({3, 2})}, {"w2", torch::randn({2, 2})}, {"b", torch::randn({3})}};
}

// One step with every gradient 1, as autograd would leave it: nothing where the tensor rests.
void step(FlatParameters& parameters, AdamW& optimizer) {
  parameters.zero_gradients();
  for (auto& part : parameters.parts())
    if (part.leaf.requires_grad()) part.leaf.mutable_grad().fill_(1);
  optimizer.step(0.1);
}

}  // namespace

TEST_CASE("optimizer: what rests stays, and afterwards learns as if it were new", "[train]") {
  FlatParameters parameters(example());
  AdamW optimizer(parameters, {});
  auto start = parameters.values().clone();
  auto at = [&](const std::string& name, const torch::Tensor& flat) {
    for (auto& [key, tensor] : parameters.named(flat))
      if (key == name) return tensor;
    throw std::runtime_error("no " + name);
  };
  parameters.freeze({{"w2", {}}, {"b", {}}});
  step(parameters, optimizer);
  step(parameters, optimizer);
  CHECK(torch::equal(at("w2", parameters.values()), at("w2", start)));
  CHECK(torch::equal(at("b", parameters.values()), at("b", start)));
  CHECK_FALSE(torch::equal(at("w1", parameters.values()), at("w1", start)));
  parameters.freeze({});
  step(parameters, optimizer);
  // The first step of AdamW moves by lr against the gradient's sign (and weight decay).
  CHECK(test::largest_error(at("b", parameters.values()), at("b", start) - 0.1) < 1e-6);
  CHECK(test::largest_error(at("w2", parameters.values()),
                            at("w2", start) * (1 - 0.1 * 0.01) - 0.1) < 1e-6);
  CHECK(torch::equal(optimizer.steps(), torch::tensor({3, 1, 1}, torch::kInt64)));
}

TEST_CASE("optimizer: gradients and moments of another type are told", "[train]") {
  if (!cpu_kernels()) SKIP("MMA_CPU_KERNELS=0: no kernel to check");
  auto fails = [](auto spoil) {
    FlatParameters parameters(example());
    AdamW optimizer(parameters, {});
    spoil(parameters, optimizer);
    CHECK_THROWS_AS(optimizer.step(0.1), Error);
  };
  auto wide = [](torch::Tensor& x) { x = x.to(torch::kFloat64); };
  fails([&](FlatParameters& p, AdamW&) { wide(p.gradients()); });
  fails([&](FlatParameters&, AdamW& o) { wide(o.mean()); });
  fails([&](FlatParameters&, AdamW& o) { wide(o.square()); });
}
