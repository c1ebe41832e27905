#include "nn/linear_plugin.h"

#include <torch/autograd.h>
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>

using namespace mma;

namespace {

// Adds x W^T, in the type of x.
struct Product : LinearPlugin {
  explicit Product(torch::Tensor weight) : weight(register_parameter("weight", weight)) {}
  torch::Tensor delta(const torch::Tensor& x, const Rows&, Context&) override {
    return torch::linear(x, weight);
  }
  torch::Tensor weight;
};

}  // namespace

TEST_CASE("linear plugin: adds to its columns in place, and sends their gradient back", "[nn]") {
  auto options = torch::TensorOptions(torch::kFloat64);
  auto leaf = [&](at::IntArrayRef shape) { return torch::randn(shape, options).requires_grad_(); };
  auto a = leaf({9, 4}), x = leaf({5, 4}), weight = leaf({3, 4});
  auto plugin = std::make_shared<Product>(weight.detach().clone());
  Context context;
  auto rows = Rows::of_lengths({5});
  auto seed = torch::randn({5, 9}, options);
  auto y = torch::linear(x, a);
  auto* before = y.data_ptr();
  auto found = plug(y, 3, plugin.get(), x, rows, context);
  CHECK(found.data_ptr() == before);
  auto expected = torch::linear(x, a) + torch::constant_pad_nd(torch::linear(x, weight), {3, 3});
  CHECK(torch::equal(found, expected));
  // A second one on other columns of the same tensor.
  auto other = std::make_shared<Product>(torch::randn({2, 4}, options));
  found = plug(found, 7, other.get(), x, rows, context);
  expected = expected + torch::constant_pad_nd(torch::linear(x, other->weight), {7, 0});
  auto ours = torch::autograd::grad({found}, {x, a, plugin->weight, other->weight}, {seed});
  auto theirs = torch::autograd::grad({expected}, {x, a, weight, other->weight}, {seed});
  for (size_t i = 0; i < ours.size(); ++i)
    CHECK((ours[i] - theirs[i]).abs().max().item<double>() < 1e-12);
}

TEST_CASE("linear plugin: what nothing below learns from gets no gradient", "[nn]") {
  auto x = torch::randn({5, 4}), a = torch::randn({6, 4});
  auto plugin = std::make_shared<Product>(torch::randn({6, 4}));
  Context context;
  auto found = plug(torch::linear(x, a), 0, plugin.get(), x, Rows::of_lengths({5}), context);
  CHECK(found.requires_grad());
  auto gradient = torch::autograd::grad({found.sum()}, {plugin->weight})[0];
  CHECK(torch::allclose(gradient, x.sum(0).expand({6, 4})));
  torch::NoGradGuard no_grad;
  CHECK(torch::equal(plug(torch::linear(x, a), 0, plugin.get(), x, Rows::of_lengths({5}), context),
                     found));
}

TEST_CASE("linear plugin: without one, y is what it was", "[nn]") {
  auto y = torch::randn({5, 4});
  auto kept = y.clone();
  Context context;
  auto found = plug(y, 0, nullptr, y, Rows::of_lengths({5}), context);
  CHECK(found.is_same(y));
  CHECK(torch::equal(found, kept));
}
