#include "tasks/ranking.h"

#include <algorithm>
#include <utility>

#include "tasks/counts.h"

namespace mma {

RankedList::RankedList(std::vector<Scored>& scored, size_t samples) {
  std::sort(scored.begin(), scored.end(),
            [](const Scored& a, const Scored& b) { return a.score > b.score; });
  // Between two steps the order of negatives is of no matter: those of one sample become one entry.
  std::vector<uint32_t> times(scored.size() > samples ? samples : 0), met;
  auto add = [&](auto from, auto to, bool positive) {
    for (; from != to; ++from) {
      if (from->positive != positive) continue;
      if (times.empty())
        entries_.push_back({from->sample, 1});
      else if (times[from->sample]++ == 0)
        met.push_back(from->sample);
    }
    for (auto sample : met) entries_.push_back({sample, std::exchange(times[sample], 0)});
    met.clear();
    return entries_.size();
  };
  auto waiting = scored.begin();  // negatives that no step has yet
  for (auto at = scored.begin(); at != scored.end();) {
    auto next = std::find_if(at, scored.end(), [&](auto& s) { return s.score != at->score; });
    if (std::any_of(at, next, [](auto& s) { return s.positive; })) {
      auto higher = add(waiting, at, false), tied = add(at, next, false);
      steps_.push_back({higher, tied, add(at, next, true)});
      waiting = next;
    }
    at = next;
  }
  auto rest = add(waiting, scored.end(), false);
  steps_.push_back({rest, rest, rest});
}

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

std::vector<Scored>& scored_label(const Predictions& p, size_t label, std::vector<Scored>& buffer) {
  auto width = static_cast<size_t>(p.labels);
  buffer.clear();
  for (size_t at = label; at < p.scores.size(); at += width)
    buffer.push_back({p.scores[at], static_cast<uint32_t>(at / width), p.truth[at] != 0});
  return buffer;
}

RankedList ranked_label(const Predictions& p, size_t label, std::vector<Scored>& buffer) {
  return {scored_label(p, label, buffer), static_cast<size_t>(p.size())};
}

RankedList ranked_pairs(const Predictions& p) {
  auto width = static_cast<size_t>(p.labels);
  std::vector<Scored> scored;
  scored.reserve(p.scores.size());
  for (size_t i = 0; i < p.scores.size(); ++i)
    scored.push_back({p.scores[i], static_cast<uint32_t>(i / width), p.truth[i] != 0});
  return {scored, static_cast<size_t>(p.size())};
}

std::vector<uint8_t> labels_with_positives(const Predictions& p) {
  auto width = static_cast<size_t>(p.labels);
  std::vector<uint8_t> with(width);
  for (size_t i = 0; i < p.truth.size(); i += width)
    for (size_t c = 0; c < width; ++c) with[c] |= p.truth[i + c];
  return with;
}

}  // namespace mma
