#include "nn/gmu.h"

#include <torch/autograd.h>
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>

using namespace mma;
using Names = std::vector<std::string>;

namespace {

Rows two_samples() { return Rows::of_lengths({3, 2}); }

// sum_i sigmoid(W_i c) * h_i as the paper writes it: everything a token at a time, not factored.
torch::Tensor by_definition(Gmu& gmu, const torch::Tensor& text,
                            const std::vector<torch::Tensor>& others, const Rows& rows) {
  std::vector<torch::Tensor> h{text};
  for (auto& other : others) h.push_back(rows.expand(other));
  auto c = torch::cat(h, 1);
  auto w = gmu->parameters();
  if (h.size() == 2) {
    auto z = torch::sigmoid(torch::linear(c, w[0]));
    return z * h[0] + (1 - z) * h[1];
  }
  auto sum = torch::zeros_like(text);
  for (size_t i = 0; i < h.size(); ++i) sum = sum + torch::sigmoid(torch::linear(c, w[i])) * h[i];
  return sum;
}

}  // namespace

TEST_CASE("gmu: factored equals the definition for 1 to 5 inputs, gradients included", "[nn]") {
  const std::vector<std::string> names{"a", "b", "c", "d"};
  auto rows = two_samples();
  for (size_t k = 0; k <= names.size(); ++k) {
    CAPTURE(k);
    Gmu gmu(std::vector<std::string>(names.begin(), names.begin() + static_cast<long>(k)), 4);
    CHECK(gmu->parameters().size() == (k == 0 ? 0 : k == 1 ? 1 : k + 1));
    auto text = torch::randn({5, 4}).requires_grad_();
    std::vector<torch::Tensor> others, present, leaves{text};
    for (size_t j = 0; j < k; ++j) {
      others.push_back(torch::randn({2, 4}).requires_grad_());
      present.push_back(torch::ones({2, 1}));
      leaves.push_back(others.back());
    }
    for (auto& w : gmu->parameters()) leaves.push_back(w);
    auto ours = gmu->forward(text, others, present, rows);
    auto weigh = torch::randn({5, 4});
    if (k == 0) {
      CHECK(ours.is_same(text));
      continue;
    }
    auto expected = by_definition(gmu, text, others, rows);
    CHECK(torch::allclose(ours, expected, 1e-5, 1e-6));
    auto g1 = torch::autograd::grad({(ours * weigh).sum()}, leaves);
    auto g2 = torch::autograd::grad({(expected * weigh).sum()}, leaves);
    for (size_t i = 0; i < g1.size(); ++i) CHECK(torch::allclose(g1[i], g2[i], 1e-4, 1e-6));
  }
}

TEST_CASE("gmu: zero gate weights give the mean of two, half the sum of three", "[nn]") {
  torch::NoGradGuard no_grad;
  auto rows = two_samples();
  auto text = torch::randn({5, 4}), a = torch::randn({2, 4}), b = torch::randn({2, 4});
  auto one = torch::ones({2, 1});
  Gmu two(Names{"a"}, 4), three(Names{"a", "b"}, 4);
  for (auto& gmu : {two, three})
    for (auto& w : gmu->parameters()) w.zero_();
  // Absolutely, too: where text and a cancel out, a rounding of theirs is more than 1e-5 of the
  // sum.
  CHECK(torch::allclose(two->forward(text, {a}, {one}, rows), (text + rows.expand(a)) / 2, 1e-5,
                        1e-6));
  CHECK(torch::allclose(three->forward(text, {a, b}, {one, one}, rows),
                        (text + rows.expand(a) + rows.expand(b)) / 2, 1e-5, 1e-6));
}

TEST_CASE("gmu: an absent modality leaves the tied gate at 1 for the text", "[nn]") {
  Gmu gmu(Names{"a"}, 4);
  auto rows = two_samples();
  auto text = torch::randn({5, 4});
  auto present = torch::tensor({1.0f, 0.0f}).view({2, 1});
  auto other = torch::randn({2, 4}) * present;
  GateRecord record;
  auto out = gmu->forward(text, {other}, {present}, rows, &record);
  CHECK(torch::equal(out.narrow(0, 3, 2), text.narrow(0, 3, 2)));
  CHECK_FALSE(torch::allclose(out.narrow(0, 0, 3), text.narrow(0, 0, 3)));
  CHECK(record.inputs == Names{"text", "a"});
  CHECK(record.means()[1][0].item<float>() == 1.0f);
  CHECK(record.means()[1][1].item<float>() == 0.0f);
}

TEST_CASE("gmu: sites with other inputs are averaged input by input", "[nn]") {
  GateRecord record;
  record.add({"text", "a"}, torch::tensor({{0.2f, 0.8f}}));
  record.add({"a"}, torch::tensor({{1.0f}}));
  CHECK(record.inputs == Names{"text", "a"});
  CHECK(torch::allclose(record.means(), torch::tensor({{0.2f, 0.9f}})));
}
