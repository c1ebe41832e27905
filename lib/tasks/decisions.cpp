#include "tasks/decisions.h"

namespace mma {

Decisions::Decisions(const Predictions& p, const std::vector<uint8_t>& predicted)
    : labels_(static_cast<size_t>(p.labels)), samples_(static_cast<size_t>(p.size())) {
  for (size_t i = 0; i < predicted.size(); ++i)
    if (p.truth[i] || predicted[i])
      pairs_.push_back({static_cast<uint32_t>(i / labels_), static_cast<uint32_t>(i % labels_),
                        p.truth[i] != 0, predicted[i] != 0});
}

std::vector<Counts> Decisions::labels() const {
  std::vector<Counts> labels(labels_);
  for (auto& pair : pairs_) labels[pair.label].add(pair.truth, pair.predicted);
  return labels;
}

std::vector<Counts> Decisions::labels(const std::vector<uint32_t>& counts) const {
  std::vector<Counts> labels(labels_);
  for (auto& pair : pairs_) labels[pair.label].add(pair.truth, pair.predicted, counts[pair.sample]);
  return labels;
}

std::vector<Counts> Decisions::samples() const {
  std::vector<Counts> samples(samples_);
  for (auto& pair : pairs_) samples[pair.sample].add(pair.truth, pair.predicted);
  return samples;
}

double average(const std::vector<Counts>& labels, DecisionFigure figure, Average average,
               Labels macro_over) {
  if (average == Average::kMicro) return (sum_of(labels).*figure)();
  Mean mean(0);
  for (auto& c : labels) {
    if (average == Average::kWeighted) {
      mean.add((c.*figure)(), static_cast<double>(c.positives()));
    } else if (macro_over == Labels::kAll || c.tp + c.fp + c.fn > 0) {
      mean.add((c.*figure)());
    }
  }
  return mean.value();
}

double average(const std::vector<Ranking>& labels, RankingFigure figure, Average average) {
  Mean mean;
  for (auto& r : labels)
    mean.add(r.*figure, average == Average::kWeighted ? static_cast<double>(r.positives) : 1.0);
  return mean.value();
}

}  // namespace mma
