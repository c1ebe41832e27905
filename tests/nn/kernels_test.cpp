// The CPU's own kernels against LibTorch's operations on the same numbers, gradients included, in
// sizes that are and are not whole vectors.
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <functional>
#include <limits>

#include "nn/activation.h"
#include "nn/attention.h"
#include "nn/dense.h"
#include "nn/gated_sum.h"
#include "nn/norm.h"
#include "nn/vector.h"
#include "support/packed.h"

using namespace mma;
using test::largest_error;

namespace {

using Tensors = std::vector<torch::Tensor>;
using Computation = std::function<torch::Tensor(const Tensors&)>;

// Checks values and gradients of two computations of the same leaves, in fp32 and bf16. Of bf16's
// reference the numbers are the same, but it computes in fp64.
void check_same(const Computation& ours, const Computation& reference, const Tensors& inputs,
                const std::vector<bool>& always_fp32 = {}) {
  for (auto type : {torch::kFloat32, torch::kBFloat16}) {
    CAPTURE(torch::toString(type));
    const double tolerance = type == torch::kFloat32 ? 2e-5 : 3e-2;
    Tensors a, b;
    for (size_t i = 0; i < inputs.size(); ++i) {
      bool fp32 = i < always_fp32.size() && always_fp32[i];
      a.push_back(inputs[i].detach().to(fp32 ? torch::kFloat32 : type).requires_grad_());
      b.push_back(a.back().detach().to(torch::kFloat64).requires_grad_());
    }
    auto x = ours(a), y = reference(b);
    CHECK(x.scalar_type() == type);
    CHECK(largest_error(x, y) < tolerance * (1 + y.abs().max().item<double>()));
    auto weigh = torch::randn(y.sizes(), torch::kFloat64);
    auto ga = torch::autograd::grad({(x.to(torch::kFloat64) * weigh).sum()}, a);
    auto gb = torch::autograd::grad({(y * weigh).sum()}, b);
    for (size_t i = 0; i < a.size(); ++i) {
      CAPTURE(i);
      CHECK(largest_error(ga[i], gb[i]) < tolerance * (1 + gb[i].abs().max().item<double>()));
    }
  }
}

Rows rows_of(const std::vector<int64_t>& lengths) {
  return Rows::of_lengths(lengths, torch::kFloat64);
}

}  // namespace

TEST_CASE("kernels: exp and erf are those of the standard library", "[nn]") {
  double exp_error = 0, erf_error = 0;
  for (int start = 0; start < 4000; ++start) {
    float x[kLanes];
    for (int i = 0; i < kLanes; ++i)
      x[i] = -40.0f + 80.0f * static_cast<float>(start * 16 + i) / 64000.0f;
    auto e = exp(load(x)), f = erf(load(x));
    for (int i = 0; i < kLanes; ++i) {
      exp_error = std::max(exp_error, std::abs(e[i] / std::exp(static_cast<double>(x[i])) - 1));
      erf_error = std::max(erf_error, std::abs(f[i] - std::erf(static_cast<double>(x[i]))));
    }
  }
  CHECK(exp_error < 2.4e-7);
  CHECK(erf_error < 4e-7);
  const float infinity = std::numeric_limits<float>::infinity();
  CHECK(exp(broadcast(-infinity))[0] == 0);
  CHECK(exp(broadcast(-100))[0] == 0);
  CHECK(std::isnan(exp(broadcast(NAN))[3]));
  CHECK(erf(broadcast(infinity))[0] == 1);
  CHECK(std::isnan(erf(broadcast(NAN))[15]));
}

TEST_CASE("kernels: bf16 is rounded as LibTorch rounds it", "[nn]") {
  auto x =
      torch::cat({torch::randn({1000}) * 1e3, torch::randn({1000}) * 1e-38,
                  torch::tensor({0.0f, -0.0f, 1.00390625f, 1.01171875f, 3.39e38f, -INFINITY})});
  auto expected = x.to(torch::kBFloat16);
  for (int64_t i = 0; i < x.numel(); i += kLanes) {
    const int64_t n = std::min(kLanes, x.numel() - i);
    BFloat16 found[kLanes];
    store_some(found, load_some(x.data_ptr<float>() + i, n), n);
    CHECK(std::memcmp(found, static_cast<BFloat16*>(expected.data_ptr()) + i,
                      static_cast<size_t>(n) * sizeof(BFloat16)) == 0);
  }
  BFloat16 half;
  store_some(&half, broadcast(NAN), 1);
  CHECK(std::isnan(load_some(&half, 1)[0]));
}

TEST_CASE("kernels: GELU, both forms, with their gradients", "[nn]") {
  for (auto* form : {"none", "tanh"})
    for (int64_t n : {1, 16, 333}) {
      CAPTURE(form, n);
      auto ours =
          pick(activations(), "activation", form == std::string("tanh") ? "gelu_tanh" : "gelu");
      check_same([&](const Tensors& x) { return ours(x[0]); },
                 [&](const Tensors& x) { return torch::gelu(x[0], form); },
                 {3 * torch::randn({2, n})});
    }
  for (auto* name : {"gelu", "gelu_tanh"}) {
    auto far = pick(activations(), "activation", name)(torch::tensor({-50.0f, 50.0f, NAN}));
    CHECK(std::abs(far[0].item<float>()) < 1e-30);
    CHECK(far[1].item<float>() == 50);
    CHECK(std::isnan(far[2].item<float>()));
  }
}

TEST_CASE("kernels: LayerNorm of one, two and three addends, its weights' gradients too", "[nn]") {
  for (int64_t width : {13, 24, 48, 77})
    for (size_t addends = 1; addends <= 3; ++addends) {
      CAPTURE(width, addends);
      Tensors inputs{1 + 0.2 * torch::randn({width}), torch::randn({width})};
      for (size_t i = 0; i < addends; ++i) inputs.push_back(torch::randn({71, width}) + 1);
      auto rest = [](const Tensors& x) { return Tensors(x.begin() + 2, x.end()); };
      check_same([&](const Tensors& x) { return layer_norm(x[0], x[1], 1e-12, rest(x)); },
                 [&](const Tensors& x) { return layer_norm_reference(x[0], x[1], 1e-12, rest(x)); },
                 inputs, {true, true});
    }
}

TEST_CASE("kernels: attention sample by sample equals the padded form", "[nn]") {
  // One token, whole vectors, more than one block of queries; heads of 5, 16 and 24 numbers.
  for (int64_t width : {5, 16, 24})
    for (bool apart : {false, true}) {
      CAPTURE(width, apart);
      auto rows = rows_of({1, 16, 150, 7});
      auto query_rows = apart ? rows_of({1, 1, 1, 1}) : rows;
      const int64_t h = 3 * width;
      Tensors inputs{torch::randn({rows.total(), (apart ? 2 : 3) * h}),
                     torch::randn({query_rows.total(), h})};
      if (!apart) inputs.pop_back();
      auto input = [&](const Tensors& x) {
        return AttentionInput{apart ? x[1] : torch::Tensor(), x[0], query_rows, rows, 3, 0.0};
      };
      DropoutState off;
      check_same([&](const Tensors& x) { return attention_by_sample(input(x), off); },
                 [&](const Tensors& x) { return attention_padded(input(x), off); }, inputs);
    }
}

TEST_CASE("kernels: attention's dropout has p's rate and scale, whatever the threads", "[nn]") {
  torch::NoGradGuard no_grad;
  auto rows = rows_of({130, 61});
  auto keys_values = torch::zeros({191, 3 * 32});  // equal scores: each weight is 1 / T
  keys_values.narrow(1, 64, 32).fill_(1);          // the output is the sum of the kept weights
  const double p = 0.3;
  auto run = [&] {
    DropoutState state{true, 11, 0};
    return attention_by_sample({{}, keys_values, rows, rows, 2, p}, state);
  };
  auto out = run();
  const double weights = 2.0 * (130 * 130 + 61 * 61);
  auto kept = (out.narrow(0, 0, 130).sum() * 130 + out.narrow(0, 130, 61).sum() * 61) / 16;
  CHECK(std::abs(kept.item<double>() / weights - 1) <
        5 * std::sqrt(p / (1 - p) / weights));  // of the mean of factors 0 and 1 / (1 - p)
  CHECK(out.std().item<double>() > 0.01);
  at::set_num_threads(1);
  auto alone = run();
  at::set_num_threads(2);
  CHECK(torch::equal(alone, out));
}

TEST_CASE("kernels: the gates' sum equals the plain formula, means too", "[nn]") {
  auto rows = rows_of({3, 1, 20});
  for (int64_t k : {2, 3, 5})
    for (int64_t p : {6, 16, 37}) {
      CAPTURE(k, p);
      const int64_t g = k == 2 ? 1 : k;
      Tensors inputs{torch::randn({24, p}), torch::randn({3, (k - 1) * p}),
                     torch::randn({24, g * p}), torch::randn({3, g * p})};
      auto named = [](const Tensors& x) { return GatedInputs{x[0], x[1], x[2], x[3]}; };
      torch::Tensor means, expected;
      check_same([&](const Tensors& x) { return gated_sum(named(x), rows, &means); },
                 [&](const Tensors& x) { return gated_sum_reference(named(x), rows, &expected); },
                 inputs);
      CHECK(means.sizes() == std::vector<int64_t>{3, k});
      CHECK(largest_error(means, expected) < 1e-2);  // of bf16
      check_same([&](const Tensors& x) { return gated_sum(named(x), rows, nullptr); },
                 [&](const Tensors& x) { return gated_sum_reference(named(x), rows, nullptr); },
                 inputs);
    }
}

TEST_CASE("kernels: a packed product is the product, and gives its weights back", "[nn]") {
  for (auto type : {torch::kFloat32, torch::kBFloat16}) {
    CAPTURE(torch::toString(type));
    Dense plain{torch::randn({20, 48}).to(type), torch::randn({20}).to(type), nullptr},
        packed = plain;
    packed.pack();
    if (!packed.packed) {
      WARN("no oneDNN for this type here: nothing to compare");
      continue;
    }
    CHECK_FALSE(packed.weight.defined());
    CHECK(torch::equal(packed.plain_weight(), plain.weight));
    auto weight = plain.weight.to(torch::kFloat64), bias = plain.bias.to(torch::kFloat64);
    for (int64_t n : {1, 7, 130}) {
      auto x = torch::randn({n, 48}).to(type).requires_grad_();
      auto y = packed(x);
      CHECK(y.scalar_type() == type);
      auto expected = torch::linear(x.detach().to(torch::kFloat64), weight, bias);
      const double tolerance = type == torch::kFloat32 ? 1e-5 : 2e-2;
      CHECK(largest_error(y, expected) < tolerance * expected.abs().max().item<double>());
      auto weigh = torch::randn({n, 20}).to(type);
      auto gradient = torch::autograd::grad({y}, {x}, {weigh})[0];
      auto by_hand = torch::matmul(weigh.to(torch::kFloat64), weight);
      CHECK(largest_error(gradient, by_hand) < tolerance * by_hand.abs().max().item<double>());
    }
  }
}
