#include "data/label_review.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

using namespace mma;

namespace {

// What is said of a train split whose rows have these labels; "! " before a fault.
std::vector<std::string> said_of(const std::vector<std::string>& labels,
                                 const std::vector<std::vector<int32_t>>& rows,
                                 const std::string& kind = "multilabel", bool of_text = true) {
  Description description;
  description.labels.field = "y";
  description.labels.kind = kind;
  Samples samples;
  samples.labels = labels;
  samples.labels_of_text = of_text;
  auto& train = samples.splits.emplace_back();
  train.split = "train";
  for (auto& row : rows) {
    train.ids.push_back("i");
    train.label_ids.insert(train.label_ids.end(), row.begin(), row.end());
    train.label_ends.push_back(train.label_ids.size());
  }
  Faults faults;
  auto lines = review_labels(description, samples, faults);
  if (!faults.empty()) lines.push_back("! " + faults.message());
  return lines;
}
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("label review: a sound set", "[data]") {
  CHECK(said_of({"a", "b"}, {{0}, {1}, {0, 1}}) == Lines{});
  CHECK(said_of({"New York, NY", "Rome"}, {{0}, {1}, {1}, {0}}, "multiclass") == Lines{});
}

TEST_CASE("label review: joined names", "[data]") {
  std::vector<std::vector<int32_t>> rows{{0}, {1}, {2}, {0}, {1}, {2}};
  CHECK(
      said_of({"a|b", "b|a", "b"}, rows) ==
      Lines{"! y: '|' in 2 of 3 labels: 'a|b', 'b|a'; write `separator: \"|\"`, which makes them 2 "
            "labels (or, if they are names, list all under `names`)"});
  CHECK(said_of({"a|b", "b|a", "b"}, rows, "multilabel", false) ==
        Lines{"'|' in 2 of 3 labels: 'a|b', 'b|a'; is it a `separator: \"|\"`?"});
  CHECK(said_of({"a|b", "b|a", "b"}, rows, "multiclass") ==
        Lines{"'|' in 2 of 3 labels: 'a|b', 'b|a'; is this `kind: multilabel`?"});
  CHECK(said_of({"Arts, Crafts", "Food, Wine", "Cars"}, rows) ==
        Lines{"',' in 2 of 3 labels: 'Arts, Crafts', 'Food, Wine'; is it a `separator: \",\"`?"});
}

TEST_CASE("label review: names that look wrong", "[data]") {
  CHECK(
      said_of({"Drama", "drama ", "nan", "[x]", "\x1b"}, {{0, 1, 2, 3, 4}, {0, 1, 2, 3, 4}, {}}) ==
      Lines{"brackets: 1 of 5 labels: '[x]'",
            "names as missing values have them: 1 of 5 labels: 'nan'",
            "control characters: 1 of 5 labels: '\\x1b'",
            "labels that differ in case or space alone: 'Drama', 'drama '"});
}

TEST_CASE("label review: labels of few samples, of none and of all", "[data]") {
  CHECK(said_of({"a", "b", "c"}, {{0, 1}, {0}}) ==
        Lines{"no sample in train: 1 of 3 labels: 'c'",
              "a single sample in train: 1 of 3 labels: 'b'",
              "every sample of train: 1 of 3 labels: 'a'"});
  std::vector<std::string> names;
  for (char c = 'a'; c < 'l'; ++c) names.emplace_back(1, c);
  CHECK(said_of(names,
                {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {}}) ==
        Lines{});
  CHECK(said_of(names, {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {}}) ==
        Lines{"a single sample in train: 1 of 11 labels: 'k'",
              "11 labels are many for 3 samples of train: 1.9 samples a label"});
}

TEST_CASE("label review: nothing to learn", "[data]") {
  CHECK(said_of({"a"}, {{0}, {0}}, "multiclass") ==
        Lines{"! y: every sample of train is of the class 'a': nothing can be learned, expected at "
              "least two classes"});
  auto lines = said_of({"a", "b"}, {{}, {}});
  CHECK(lines.back() == "! y: no sample of train has a label: nothing can be learned");
}

TEST_CASE("label review: the table shows the most frequent of many", "[data]") {
  std::vector<LabelCounts> splits{{"train", 4, {1, 3, 2}}, {"test", 2, {0, 1, 2}}};
  CHECK(label_table({"a", "b", "\x1b"}, splits, 3) ==
        "label  train     %  test      %\n"
        "-------------------------------\n"
        "a          1  25.0     0    0.0\n"
        "b          3  75.0     1   50.0\n"
        "\\x1b       2  50.0     2  100.0\n");
  CHECK(label_table({"a", "b", "c"}, splits, 1) ==
        "label  train     %  test     %\n"
        "------------------------------\n"
        "b          3  75.0     1  50.0\n"
        "... and 2 more labels, of 3\n");
}
