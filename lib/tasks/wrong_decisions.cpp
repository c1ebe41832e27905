#include "tasks/wrong_decisions.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace mma {
namespace {

// The most confident of all that are added.
class MostConfident {
 public:
  explicit MostConfident(size_t most) : most_(most) {}
  void add(const WrongDecision& wrong) {
    all_.push_back(wrong);
    if (all_.size() / 2 > most_) cut();
  }
  std::vector<WrongDecision> take() {
    cut();
    return std::move(all_);
  }

 private:
  void cut() {
    std::sort(all_.begin(), all_.end(), [](auto& a, auto& b) {
      return std::tie(b.confidence, a.sample, a.label) < std::tie(a.confidence, b.sample, b.label);
    });
    if (all_.size() > most_) all_.resize(most_);
  }
  size_t most_;
  std::vector<WrongDecision> all_;
};

// The mean absolute error of each target; 1 where there is none.
std::vector<double> mean_errors(const Predictions& p) {
  const auto width = static_cast<size_t>(p.labels);
  std::vector<double> means(width, 0.0);
  for (size_t i = 0; i < p.targets.size(); ++i)
    means[i % width] += std::abs(static_cast<double>(p.scores[i]) - p.targets[i]);
  for (auto& mean : means) {
    mean /= static_cast<double>(p.size());
    if (!(mean > 0)) mean = 1;
  }
  return means;
}

}  // namespace

std::vector<WrongDecision> wrong_decisions(const Predictions& p, LabelKind kind, size_t most) {
  const auto width = static_cast<size_t>(p.labels);
  MostConfident wrong(most);
  if (traits_of(kind).real) {
    const auto means = mean_errors(p);
    for (size_t i = 0; i < p.targets.size(); ++i) {
      const double score = p.scores[i], error = std::abs(score - p.targets[i]);
      if (error > 0) wrong.add({i / width, i % width, score, true, error / means[i % width]});
    }
  } else if (traits_of(kind).one_a_sample) {
    for (size_t row = 0; row < p.truth.size(); row += width) {
      auto* scores = p.scores.data() + row;
      const auto given = static_cast<size_t>(std::max_element(scores, scores + width) - scores);
      if (!p.truth[row + given])
        wrong.add({row / width, given, scores[given], true, scores[given]});
    }
  } else {
    for (size_t i = 0; i < p.truth.size(); ++i) {
      const double score = p.scores[i];
      const bool given = score > 0.5;
      if (given != (p.truth[i] != 0))
        wrong.add({i / width, i % width, score, given, std::abs(score - 0.5)});
    }
  }
  return wrong.take();
}

}  // namespace mma
