#include "data/joined_split.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace mma {
namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// So many numbers, where no sample of a split has a modality: zeros.
template <class T>
std::vector<T> held_numbers(const StoredNumbers<T>& numbers, int64_t count) {
  return numbers.empty() ? std::vector<T>(static_cast<size_t>(count)) : numbers.all();
}

// The numbers of two sources one behind the other. A span, which is a sample's, lies in one of
// them.
template <class T>
class Joined : public NumberSource<T> {
 public:
  Joined(StoredNumbers<T> first, int64_t count, StoredNumbers<T> second)
      : first_(std::move(first)), count_(count), second_(std::move(second)) {}

  void gather(const std::vector<Span>& spans, T* into) const override {
    for (size_t i = 0; i < spans.size();) {
      const bool behind = spans[i].begin >= count_;
      std::vector<Span> run;
      int64_t numbers = 0;
      for (; i < spans.size() && (spans[i].begin >= count_) == behind; ++i) {
        run.push_back({spans[i].begin - (behind ? count_ : 0), spans[i].count});
        numbers += spans[i].count;
      }
      auto& source = behind ? second_ : first_;
      if (source.empty()) {
        std::fill_n(into, numbers, T{});
      } else {
        source.gather(run, into);
      }
      into += numbers;
    }
  }

 private:
  StoredNumbers<T> first_;
  int64_t count_;
  StoredNumbers<T> second_;
};

template <class T>
StoredNumbers<T> joined(const StoredNumbers<T>& first, int64_t first_count,
                        const StoredNumbers<T>& second, int64_t second_count) {
  if (first.empty() && second.empty()) return StoredNumbers<T>();
  if (!first.held() || !second.held())
    return std::shared_ptr<const NumberSource<T>>(
        std::make_shared<Joined<T>>(first, first_count, second));
  auto numbers = held_numbers(first, first_count);
  append(numbers, held_numbers(second, second_count));
  return numbers;
}

}  // namespace

Split joined(const Split& first, const Split& second) {
  Split all = first;
  append(all.ids, second.ids);
  append(all.labels, second.labels);
  append(all.targets, second.targets);
  all.tokens = joined(first.tokens, first.token_count(), second.tokens, second.token_count());
  for (size_t i = 1; i < second.offsets.size(); ++i)
    all.offsets.push_back(first.token_count() + second.offsets[i]);
  for (auto& [name, rows] : all.modalities) {
    auto& more = second.modalities.at(name);
    rows.values =
        joined(rows.values, first.size() * rows.width, more.values, second.size() * rows.width);
    append(rows.present, more.present);
  }
  all.truncated += second.truncated;
  all.dropped += second.dropped;
  return all;
}

}  // namespace mma
