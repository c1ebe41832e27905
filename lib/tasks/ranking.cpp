#include "tasks/ranking.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "tasks/counts.h"

namespace mma {

// Of negatives it matters only between which positives they stand: positives alone are sorted, and
// negatives are counted into the places between. Where labels are many, nearly all pairs are
// negatives, and most of them stand behind the last positive.
RankedList::RankedList(const Predictions& p, size_t first, size_t stride, size_t count) {
  std::vector<double> levels;  // scores of positives, highest first, each once
  for (size_t i = 0; i < count; ++i)
    if (p.truth[first + i * stride]) levels.push_back(p.scores[first + i * stride]);
  std::sort(levels.begin(), levels.end(), std::greater<>());
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());

  // Three places for each level: of the negatives above it, those of it, its positives.
  auto place_of = [&](size_t at) {
    double score = p.scores[at];
    if (levels.empty() || score < levels.back()) return 3 * levels.size();
    auto level = std::lower_bound(levels.begin(), levels.end(), score, std::greater<>());
    auto place = 3 * static_cast<size_t>(level - levels.begin());
    return place + (p.truth[at] ? 2 : *level == score ? 1 : 0);
  };
  std::vector<uint32_t> places(count);
  std::vector<size_t> ends(3 * levels.size() + 1);
  for (size_t i = 0; i < count; ++i) {
    auto place = place_of(first + i * stride);
    places[i] = static_cast<uint32_t>(place);
    ++ends[place];
  }
  std::vector<size_t> next(ends.size());
  std::exclusive_scan(ends.begin(), ends.end(), next.begin(), size_t{0});
  entries_.resize(count);
  auto width = static_cast<size_t>(p.labels);
  for (size_t i = 0; i < count; ++i)
    entries_[next[places[i]]++] = {static_cast<uint32_t>((first + i * stride) / width), 1};

  // Entries of one place are in the order of samples: those of one sample become one.
  size_t to = 0;
  for (size_t place = 0, from = 0; place < ends.size(); ++place) {
    auto begin = to;
    for (; from < next[place]; ++from) {
      if (to > begin && entries_[to - 1].sample == entries_[from].sample)
        ++entries_[to - 1].times;
      else
        entries_[to++] = entries_[from];
    }
    ends[place] = to;
  }
  entries_.resize(to);
  entries_.shrink_to_fit();
  for (size_t place = 0; place + 2 < ends.size(); place += 3)
    steps_.push_back({ends[place], ends[place + 1], ends[place + 2]});
  steps_.push_back({to, to, to});
}

RankedList RankedList::of_label(const Predictions& p, size_t label) {
  return {p, label, static_cast<size_t>(p.labels), static_cast<size_t>(p.size())};
}

RankedList RankedList::of_sample(const Predictions& p, size_t sample) {
  auto width = static_cast<size_t>(p.labels);
  return {p, sample * width, 1, width};
}

RankedList RankedList::of_pairs(const Predictions& p) { return {p, 0, 1, p.scores.size()}; }

template <class Weight>
Ranking RankedList::rank_weighted(Weight weight) const {
  Ranking r;
  double precision_sum = 0;  // sum of precision over positives
  double ordered_pairs = 0;  // pairs with the negative before the positive, ties half
  size_t at = 0;
  auto sum_to = [&](size_t end) {
    int64_t sum = 0;
    for (; at < end; ++at) sum += weight(entries_[at]);
    return sum;
  };
  for (auto& step : steps_) {
    r.negatives += sum_to(step.higher_end);
    auto tied = sum_to(step.tied_end), positives = sum_to(step.end);
    if (positives > 0) {
      r.positives += positives;
      ordered_pairs += static_cast<double>(positives) *
                       (static_cast<double>(r.negatives) + 0.5 * static_cast<double>(tied));
      precision_sum += static_cast<double>(positives) * static_cast<double>(r.positives) /
                       static_cast<double>(r.positives + r.negatives + tied);
    }
    r.negatives += tied;
  }
  auto p = static_cast<double>(r.positives), n = static_cast<double>(r.negatives);
  r.average_precision = r.positives > 0 ? precision_sum / p : kUndefined;
  r.auroc = r.positives > 0 && r.negatives > 0 ? 1 - ordered_pairs / (p * n) : kUndefined;
  return r;
}

Ranking RankedList::rank() const {
  return rank_weighted([](const Entry& entry) { return int64_t{entry.times}; });
}

Ranking RankedList::rank(const std::vector<uint32_t>& counts) const {
  return rank_weighted([&](const Entry& entry) {
    return static_cast<int64_t>(uint64_t{entry.times} * counts[entry.sample]);
  });
}

std::vector<uint8_t> labels_with_positives(const Predictions& p) {
  auto width = static_cast<size_t>(p.labels);
  std::vector<uint8_t> with(width);
  for (size_t i = 0; i < p.truth.size(); i += width)
    for (size_t c = 0; c < width; ++c) with[c] |= p.truth[i + c];
  return with;
}

}  // namespace mma
