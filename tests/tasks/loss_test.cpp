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

namespace {

// Two targets, the second a year.
Objective regression_objective(const std::string& loss) {
  return {LabelKind::kRegression, loss, {{1, 2000}, {2, 10}}};
}

}  // namespace

TEST_CASE("loss: squared and absolute error of standardised targets by hand", "[tasks]") {
  auto logits = torch::tensor({{0.5f, -1.0f}, {0.0f, 2.0f}}),
       labels = torch::tensor({{3.0f, 1995.0f}, {-1.0f, 2010.0f}});
  // standardised: 1, -0.5; -1, 1; errors -0.5, -0.5; 1, 1
  CHECK(Loss(regression_objective("mse"))(logits, labels, 2).item<double>() ==
        Approx((0.25 + 0.25 + 1 + 1) / 4));
  CHECK(Loss(regression_objective("mae"))(logits, labels, 2).item<double>() == Approx(3.0 / 4));
  auto scores = scores_of(logits, regression_objective("mse"));
  CHECK(torch::equal(scores, torch::tensor({{2.0, 1990.0}, {1.0, 2020.0}}, torch::kFloat64)));
}

TEST_CASE("loss: a target far from 0 is standardised before it becomes fp32", "[tasks]") {
  Objective far(LabelKind::kRegression, "mse", {{16777216.0 + 0.25}, {0.5}});
  auto loss = Loss(far)(torch::tensor({{-0.5f}}), torch::tensor({{16777216.0f}}), 1);
  CHECK(loss.item<double>() == 0);
}

TEST_CASE("loss: gradients are those of finite differences, of every task", "[tasks]") {
  torch::manual_seed(3);
  auto one_hot = torch::tensor({{1.0, 0.0}, {0.0, 1.0}, {0.0, 1.0}}, torch::kFloat64);
  auto real = torch::tensor({{3.1, 1995.0}, {-1.2, 2012.0}, {0.7, 2003.0}}, torch::kFloat64);
  const std::vector<std::pair<Objective, torch::Tensor>> cases = {
      {LabelKind::kMultilabel, one_hot},
      {LabelKind::kMulticlass, one_hot},
      {regression_objective("mse"), real},
      {regression_objective("mae"), real}};
  for (auto& [objective, labels] : cases) {
    CAPTURE(name_of(objective.kind), objective.regression_loss);
    Loss loss(objective);
    auto logits = torch::randn({3, 2}, torch::kFloat64).requires_grad_(true);
    loss(logits, labels, 5).backward();
    for (int64_t i = 0; i < logits.numel(); ++i) {
      constexpr double kStep = 1e-6;
      auto moved = [&](double by) {
        auto x = logits.detach().clone();
        x.view(-1)[i] += by;
        return loss(x, labels, 5).item<double>();
      };
      CHECK(logits.grad().view(-1)[i].item<double>() ==
            Approx((moved(kStep) - moved(-kStep)) / (2 * kStep)).epsilon(1e-6).margin(1e-9));
    }
  }
}

TEST_CASE("loss: the parts of an accumulated batch of uneven size add up to the whole", "[tasks]") {
  auto logits = torch::randn({7, 2}), labels = (torch::rand({7, 2}) > 0.5).to(torch::kFloat32);
  for (auto& objective : {Objective(LabelKind::kMultilabel), Objective(LabelKind::kMulticlass),
                          regression_objective("mse")}) {
    Loss loss(objective);
    auto parts = loss(logits.narrow(0, 0, 5), labels.narrow(0, 0, 5), 7) +
                 loss(logits.narrow(0, 5, 2), labels.narrow(0, 5, 2), 7);
    CHECK(parts.item<double>() == Approx(loss(logits, labels, 7).item<double>()));
  }
}

TEST_CASE("loss: inverse frequency weighs by N over positives, N where there are none", "[tasks]") {
  Split split;
  split.ids = {"a", "b", "c", "d"};
  split.labels = {1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0};
  CHECK(torch::equal(inverse_frequency(split), torch::tensor({2.0f, 4.0f, 4.0f})));
}
