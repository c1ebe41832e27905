#include "train/probe.h"

#include <ATen/ops/linalg_solve.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "base/error.h"
#include "base/stop.h"
#include "base/text_table.h"
#include "tasks/metric_direction.h"
#include "tasks/task.h"

namespace mma {
namespace {

constexpr int64_t kMostSamples = 20'000;
constexpr int64_t kWindow = 1024;  // samples whose vectors are in memory at once
constexpr double kPenalties[] = {0.01, 0.1, 1.0, 10.0};

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

// Some of a modality's vectors.
struct Window {
  int64_t begin = 0;
  torch::Tensor values, present;  // [w, width], [w, 1]
};

// Goes through the vectors of the first n samples in order, some at a time.
void each_window(const Split& split, const std::string& name, int64_t n,
                 const std::function<void(const Window&)>& work) {
  auto& rows = split.modalities.at(name);
  for (int64_t begin = 0; begin < n; begin += kWindow) {
    stop_if_asked();
    const int64_t size = std::min(kWindow, n - begin);
    std::vector<int64_t> samples(static_cast<size_t>(size));
    std::iota(samples.begin(), samples.end(), begin);
    const auto values = read_vectors(split, name, samples);
    Window window{begin, torch::empty({size, rows.width}, torch::kFloat64),
                  torch::empty({size, 1}, torch::kFloat64)};
    std::copy(values.begin(), values.end(), window.values.data_ptr<double>());
    std::copy_n(rows.present.begin() + begin, size, window.present.data_ptr<double>());
    work(window);
  }
}

// A modality's vectors standardised over the training samples that have it, 0 for those that lack
// it.
class Standardised {
 public:
  Standardised(const Split& train, const std::string& name, int64_t n) : name_(name) {
    const int64_t width = train.modalities.at(name).width;
    auto zeros = [&] { return torch::zeros({1, width}, torch::kFloat64); };
    double count = 0;
    centre_ = zeros();
    each_window(train, name, n, [&](const Window& w) {
      centre_ += (w.values * w.present).sum(0, true);
      count += w.present.sum().item<double>();
    });
    count = std::max(count, 1.0);
    centre_ /= count;
    auto square = zeros();
    each_window(train, name, n, [&](const Window& w) {
      square += ((w.values - centre_) * w.present).square().sum(0, true);
    });
    spread_ = (square / count).sqrt();
    spread_ = torch::where(spread_ == 0, torch::ones_like(spread_), spread_);
  }
  void each(const Split& split, int64_t n,
            const std::function<void(int64_t begin, const torch::Tensor& x)>& work) const {
    each_window(split, name_, n, [&](const Window& w) {
      work(w.begin, (w.values - centre_) / spread_ * w.present);
    });
  }
  // X w of the first n samples, [n, columns of w].
  torch::Tensor times(const Split& split, int64_t n, const torch::Tensor& w) const {
    auto all = torch::empty({n, w.size(1)}, torch::kFloat64);
    each(split, n, [&](int64_t begin, const torch::Tensor& x) {
      all.narrow(0, begin, x.size(0)).copy_(x.matmul(w));
    });
    return all;
  }
  int64_t width() const { return centre_.size(1); }

 private:
  std::string name_;
  torch::Tensor centre_, spread_;  // [1, width]
};

// The maps of each penalty, [width, C] each. The smaller of X'X and X X' is held, and no more.
std::vector<torch::Tensor> ridge(const Standardised& features, const Split& train,
                                 const torch::Tensor& y) {
  const int64_t samples = y.size(0), width = features.width();
  const bool wide = width > samples;
  const int64_t side = wide ? samples : width;
  auto x = torch::empty({wide ? samples : 0, width}, torch::kFloat64);
  auto gram = torch::zeros({side, side}, torch::kFloat64);
  auto products = wide ? y : torch::zeros({width, y.size(1)}, torch::kFloat64);
  features.each(train, samples, [&](int64_t begin, const torch::Tensor& window) {
    if (wide) {
      x.narrow(0, begin, window.size(0)).copy_(window);
    } else {
      gram += window.t().matmul(window);
      products += window.t().matmul(y.narrow(0, begin, window.size(0)));
    }
  });
  if (wide) gram = x.matmul(x.t());
  std::vector<torch::Tensor> maps;
  for (double penalty : kPenalties) {
    stop_if_asked();
    const double l = penalty * static_cast<double>(samples);
    auto solved = at::linalg_solve(gram + l * torch::eye(side, gram.options()), products);
    maps.push_back(wide ? x.t().matmul(solved) : solved);
  }
  return maps;
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
    const Standardised features(train, name, n);
    const auto maps = torch::cat(ridge(features, train, y - mean), 1);
    const auto of_train = features.times(train, n, maps), of_dev = features.times(dev, m, maps);
    ProbeFigure best{name, NAN, NAN, guess, NAN};
    for (int64_t at = 0; at < maps.size(1); at += y.size(1)) {
      auto scores = [&](const torch::Tensor& all) { return all.narrow(1, at, y.size(1)) + mean; };
      const double value = figure(dev_truth, scores(of_dev));
      if (!is_better(metric_name, value, best.dev)) continue;
      best.dev = value;
      best.train = figure(train_truth, scores(of_train));
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
