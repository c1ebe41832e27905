#include "tasks/loss.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

using namespace mma;
using Catch::Approx;

TEST_CASE("loss: binary cross entropy by hand, with and without positive weights", "[tasks]") {
  auto logits = torch::tensor({{0.0f, 2.0f}, {-1.0f, 0.5f}}),
       labels = torch::tensor({{1.0f, 0.0f}, {0.0f, 1.0f}});
  auto log_sigmoid = [](double x) { return -std::log1p(std::exp(-x)); };
  double first = -log_sigmoid(0), second = -log_sigmoid(-2), third = -log_sigmoid(1),
         fourth = -log_sigmoid(0.5);
  CHECK(Loss(LabelKind::kMultilabel)(logits, labels, 2).item<double>() ==
        Approx((first + second + third + fourth) / 4));
  Loss weighted(LabelKind::kMultilabel, torch::tensor({3.0f, 5.0f}));
  CHECK(weighted(logits, labels, 2).item<double>() ==
        Approx((3 * first + second + third + 5 * fourth) / 4));
}

TEST_CASE("loss: cross entropy by hand", "[tasks]") {
  auto logits = torch::tensor({{1.0f, 2.0f, 0.0f}}), labels = torch::tensor({{0.0f, 0.0f, 1.0f}});
  double expected = std::log(std::exp(1) + std::exp(2) + 1);
  CHECK(Loss(LabelKind::kMulticlass)(logits, labels, 1).item<double>() == Approx(expected));
}

TEST_CASE("loss: the parts of an accumulated batch of uneven size add up to the whole", "[tasks]") {
  auto logits = torch::randn({7, 3}), labels = (torch::rand({7, 3}) > 0.5).to(torch::kFloat32);
  Loss loss(LabelKind::kMultilabel);
  auto parts = loss(logits.narrow(0, 0, 5), labels.narrow(0, 0, 5), 7) +
               loss(logits.narrow(0, 5, 2), labels.narrow(0, 5, 2), 7);
  CHECK(parts.item<double>() == Approx(loss(logits, labels, 7).item<double>()));
}

TEST_CASE("loss: inverse frequency weighs by N over positives, N where there are none", "[tasks]") {
  Split split;
  split.ids = {"a", "b", "c", "d"};
  split.labels = {1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0};
  CHECK(torch::equal(inverse_frequency(split), torch::tensor({2.0f, 4.0f, 4.0f})));
}
