#include "data/joined_split.h"

#include <catch2/catch_test_macros.hpp>
#include <memory>

namespace mma {
namespace {

// Numbers that are not held: what a file gives.
template <class T>
struct Unheld : NumberSource<T> {
  explicit Unheld(std::vector<T> all) : numbers(std::move(all)) {}
  void gather(const std::vector<Span>& spans, T* into) const override {
    for (auto& span : spans) into = std::copy_n(numbers.data() + span.begin, span.count, into);
  }
  std::vector<T> numbers;
};

template <class T>
StoredNumbers<T> unheld(std::vector<T> numbers) {
  return std::shared_ptr<const NumberSource<T>>(std::make_shared<Unheld<T>>(std::move(numbers)));
}

Split split(const std::vector<std::string>& ids, std::vector<int32_t> tokens,
            std::vector<int64_t> offsets, std::vector<float> video, std::vector<uint8_t> present,
            bool held) {
  Split s;
  s.ids = ids;
  s.labels.assign(ids.size(), 1);
  s.offsets = std::move(offsets);
  s.vocabulary_size = 100;
  s.modalities["video"].width = 2;
  s.modalities["video"].present = std::move(present);
  if (!video.empty())
    s.modalities["video"].values =
        held ? StoredNumbers<float>(std::move(video)) : unheld(std::move(video));
  s.tokens = held ? StoredNumbers<int32_t>(std::move(tokens)) : unheld(std::move(tokens));
  return s;
}

}  // namespace

TEST_CASE("joined split: samples of the second follow those of the first, held or not", "[data]") {
  for (bool first_held : {true, false})
    for (bool second_held : {true, false}) {
      auto all = joined(split({"a", "b"}, {1, 2, 3}, {0, 1, 3}, {5, 6, 0, 0}, {1, 0}, first_held),
                        split({"c"}, {7, 8}, {0, 2}, {9, 10}, {1}, second_held));
      CHECK(all.ids == std::vector<std::string>{"a", "b", "c"});
      CHECK(all.offsets == std::vector<int64_t>{0, 1, 3, 5});
      CHECK(all.label_count() == 1);
      CHECK(all.modalities["video"].present == std::vector<uint8_t>{1, 0, 1});
      CHECK(read_tokens(all, {2, 0, 1}) == std::vector<int32_t>{7, 8, 1, 2, 3});
      CHECK(read_vectors(all, "video", {1, 2, 0}) == std::vector<float>{0, 0, 9, 10, 5, 6});
      CHECK(all.tokens.held() == (first_held && second_held));
    }
}

TEST_CASE("joined split: where one of the two has no sample with a modality", "[data]") {
  for (bool held : {true, false}) {
    auto without = split({"a"}, {1}, {0, 1}, {}, {0}, held);
    auto with = split({"b"}, {2}, {0, 1}, {3, 4}, {1}, held);
    CHECK(read_vectors(joined(without, with), "video", {0, 1}) == std::vector<float>{0, 0, 3, 4});
    CHECK(read_vectors(joined(with, without), "video", {1, 0}) == std::vector<float>{0, 0, 3, 4});
    CHECK(read_vectors(joined(without, without), "video", {1}) == std::vector<float>{0, 0});
  }
}

}  // namespace mma
