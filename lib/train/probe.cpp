#include "train/probe.h"

#include <ATen/ops/linalg_solve.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/stop.h"
#include "base/text_table.h"
#include "tasks/metric_direction.h"
#include "tasks/task.h"

namespace mma {
namespace {

constexpr int64_t kMostSamples = 20'000;

// [n, C]: the first n samples' labels or targets.
torch::Tensor labels_of(const Split& split, int64_t n) {
  const int64_t labels = split.label_count();
  auto all = torch::empty({n, labels}, torch::kFloat64);
  auto* out = all.data_ptr<double>();
  for (int64_t i = 0; i < n * labels; ++i) {
    const auto at = static_cast<size_t>(i);
    out[i] = split.targets.empty() ? split.labels[at] : split.targets[at];
  }
  return all;
}

struct Features {
  torch::Tensor values, present;  // [n, width], [n, 1]
};
Features features_of(const ModalityTable& table, int64_t n) {
  Features all{torch::empty({n, table.width}, torch::kFloat64),
               torch::empty({n, 1}, torch::kFloat64)};
  std::copy_n(table.values.begin(), n * table.width, all.values.data_ptr<double>());
  std::copy_n(table.present.begin(), n, all.present.data_ptr<double>());
  return all;
}

torch::Tensor ridge(const torch::Tensor& x, const torch::Tensor& y, double penalty) {
  const int64_t samples = x.size(0), width = x.size(1);
  const auto l = penalty * static_cast<double>(samples);
  if (width <= samples) {
    auto gram = x.t().matmul(x) + l * torch::eye(width, x.options());
    return at::linalg_solve(gram, x.t().matmul(y));
  }
  auto gram = x.matmul(x.t()) + l * torch::eye(samples, x.options());
  return x.t().matmul(at::linalg_solve(gram, y));
}

Predictions with_scores(Predictions truth, const torch::Tensor& scores) {
  auto flat = scores.contiguous();
  truth.scores.assign(flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel());
  return truth;
}

// The truth of the first n samples.
Predictions truth_of_first(const Split& split, int64_t n) {
  auto truth = truth_of(split);
  const auto numbers = static_cast<size_t>(n * split.label_count());
  if (!truth.truth.empty()) truth.truth.resize(numbers);
  if (!truth.targets.empty()) truth.targets.resize(numbers);
  return truth;
}

}  // namespace

std::vector<ProbeFigure> probe_modalities(const std::vector<std::string>& modalities,
                                          const Split& train, const Split& dev, LabelKind kind,
                                          const std::string& metric_name) {
  torch::NoGradGuard no_grad;
  auto& task = task_of(kind);
  const int64_t n = std::min(train.size(), kMostSamples), m = dev.size();
  const auto y = labels_of(train, n), mean = y.mean(0, true);
  const auto train_truth = truth_of_first(train, n), dev_truth = truth_of_first(dev, m);
  auto figure = [&](const Predictions& truth, const torch::Tensor& scores) {
    return metric(task.metrics(with_scores(truth, scores)), metric_name);
  };
  const double guess = figure(dev_truth, mean.expand({m, mean.size(1)})),
               perfect = metric(task.metrics(task.extreme(dev_truth, true)), metric_name);
  std::vector<ProbeFigure> figures;
  for (auto& name : modalities) {
    const auto here = features_of(train.modalities.at(name), n);
    const auto there = features_of(dev.modalities.at(name), m);
    const auto count = here.present.sum().clamp_min(1);
    const auto centre = (here.values * here.present).sum(0, true) / count;
    auto spread = (((here.values - centre) * here.present).square().sum(0, true) / count).sqrt();
    spread = torch::where(spread == 0, torch::ones_like(spread), spread);
    auto standard = [&](const Features& f) { return (f.values - centre) / spread * f.present; };
    const auto x = standard(here), x_dev = standard(there);
    ProbeFigure best{name, NAN, NAN, guess, NAN};
    for (double penalty : {0.01, 0.1, 1.0, 10.0}) {
      stop_if_asked();
      auto w = ridge(x, y - mean, penalty);
      const double value = figure(dev_truth, x_dev.matmul(w) + mean);
      if (!is_better(metric_name, value, best.dev)) continue;
      best.dev = value;
      best.train = figure(train_truth, x.matmul(w) + mean);
    }
    best.share = (best.dev - guess) / (perfect - guess);
    figures.push_back(best);
  }
  return figures;
}

std::string probe_table(const std::vector<ProbeFigure>& figures, const std::string& metric_name) {
  auto cell = [](double value) {
    return std::isfinite(value) ? fmt::format("{:.4f}", value) : std::string("-");
  };
  std::vector<std::vector<std::string>> rows{
      {"linear map of", metric_name + " train", "dev", "guess", "of the way"}};
  for (auto& f : figures)
    rows.push_back({f.modality, cell(f.train), cell(f.dev), cell(f.guess),
                    std::isfinite(f.share) ? fmt::format("{:.0f} %", 100 * f.share) : "-"});
  return text_table(rows);
}

std::string probe_warning(const std::vector<ProbeFigure>& figures) {
  std::vector<std::string> names;
  for (auto& f : figures)
    if (f.share >= kSuspiciousShare) names.push_back(f.modality);
  if (names.empty()) return "";
  return fmt::format(
      "{}: a linear map of it alone is {:.0f} % of the way from guessing to perfection on dev, or "
      "more: see that these features were not made by a network that was trained on the labels of "
      "these samples, dev's too; dev would then deceive, and test disappoint",
      fmt::join(names, ", "), 100 * kSuspiciousShare);
}

}  // namespace mma
