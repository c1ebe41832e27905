#include "data/demo/demo.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/safetensors.h"
#include "data/demo/untrained_backbone.h"
#include "data/pack.h"
#include "data/prep.h"
#include "support/paths.h"

using namespace mma;

namespace {

constexpr DemoOptions kSmall{.train = 200, .dev = 5, .test = 50, .seed = 1};

Pack build_demo(const fs::path& dir) {
  PrepOptions options;
  options.description = dir / "data.yaml";
  options.root = dir;
  options.tokenizer = dir / "backbone";
  options.out = dir / "demo.h5";
  build_pack(options);
  return Pack(options.out);
}

// How well a line through the difference of two class means separates test samples, as the share
// of pairs in the right order.
double separation(const Split& train, const Split& test, const std::string& modality, size_t label,
                  size_t labels) {
  auto& table = train.modalities.at(modality);
  auto width = static_cast<size_t>(table.width);
  std::vector<double> direction(width);
  double counts[2] = {0, 0};
  for (size_t i = 0; i < train.ids.size(); ++i) ++counts[train.labels[i * labels + label]];
  for (size_t i = 0; i < train.ids.size(); ++i)
    for (size_t d = 0; d < width; ++d)
      direction[d] += table.values[i * width + d] *
                      (train.labels[i * labels + label] ? 1 / counts[1] : -1 / counts[0]);
  std::vector<double> scores[2];
  for (size_t i = 0; i < test.ids.size(); ++i) {
    double score = 0;
    for (size_t d = 0; d < width; ++d)
      score += direction[d] * test.modalities.at(modality).values[i * width + d];
    scores[test.labels[i * labels + label]].push_back(score);
  }
  double right = 0;
  for (double yes : scores[1])
    for (double no : scores[0]) right += yes > no;
  return right / static_cast<double>(scores[0].size() * scores[1].size());
}

}  // namespace

TEST_CASE("demo: every modality carries the labels that it should", "[data]") {
  test::ScratchDir dir;
  write_demo(dir.path, kSmall);
  auto pack = build_demo(dir.path);
  std::vector<std::string> all{"video", "audio", "poster", "metadata"};
  auto train = pack.read("train", all), test = pack.read("test", all);
  auto& labels = pack.info().labels;
  REQUIRE(labels == std::vector<std::string>{"action", "comedy", "drama", "horror", "musical",
                                             "romance", "war", "western"});
  std::map<std::string, std::string> shown{{"action", "video"},
                                           {"war", "video"},
                                           {"musical", "audio"},
                                           {"horror", "poster"},
                                           {"western", "metadata"}};
  for (auto& modality : all)
    for (size_t c = 0; c < labels.size(); ++c) {
      auto share = separation(train, test, modality, c, labels.size());
      CAPTURE(modality, labels[c], share);
      if (shown[labels[c]] == modality)
        CHECK(share > 0.9);
      else
        CHECK(share < 0.75);
    }
  CHECK(train.truncated == 0);
  CHECK(std::count(train.tokens.all().begin(), train.tokens.all().end(), 1) ==
        0);  // the vocabulary knows all words
}

TEST_CASE("demo: the same seed, the same bytes; another folder's description is not overwritten",
          "[data]") {
  test::ScratchDir one, two;
  DemoOptions few{.train = 3, .dev = 1, .test = 1, .seed = 5};
  write_demo(one.path, few);
  write_demo(two.path, few);
  write_demo(two.path, few);  // again: the demo's own
  for (auto& file : fs::recursive_directory_iterator(one.path)) {
    if (!file.is_regular_file()) continue;
    CAPTURE(file.path());
    CHECK(sha256_file(file.path()) == sha256_file(two.path / fs::relative(file.path(), one.path)));
  }
  write_atomically(one / "data.yaml", "name: mine\n");
  CHECK_THROWS_AS(write_demo(one.path, few), UserError);
  CHECK(read_file(one / "data.yaml") == "name: mine\n");
}

TEST_CASE("backbone: the Hugging Face layout, untrained and saying so", "[data]") {
  test::ScratchDir dir;
  write_atomically(dir / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nword\nother\n");
  auto line = write_untrained_backbone({"tiny", dir / "vocab.txt", dir / "b"});
  CHECK(line.find("untrained tiny backbone, 2 layers of 128, 7 tokens (uncased)") !=
        std::string::npos);
  auto config = nlohmann::json::parse(read_file(dir / "b/config.json"));
  CHECK(config["hidden_size"] == 128);
  CHECK(config["vocab_size"] == 7);
  CHECK(config["intermediate_size"] == 512);
  CHECK(nlohmann::json::parse(read_file(dir / "b/ABOUT.json"))["trained"] == false);
  Safetensors weights(dir / "b/model.safetensors");
  CHECK(weights.entries().size() == 5 + 2 * 16 + 2);
  CHECK(weights.at("embeddings.word_embeddings.weight").shape == std::vector<int64_t>{7, 128});
  auto& query = weights.at("encoder.layer.1.attention.self.query.weight");
  CHECK(query.shape == std::vector<int64_t>{128, 128});
  double square = 0;
  auto bytes = weights.bytes(query);
  for (size_t i = 0; i < 128 * 128; ++i) {
    float value;
    std::memcpy(&value, bytes.data() + i * 4, 4);
    square += value * value;
  }
  CHECK(std::abs(std::sqrt(square / (128 * 128)) - 0.02) < 0.001);
  CHECK_THROWS_AS(write_untrained_backbone({"tiny", dir / "vocab.txt", dir / "b"}),
                  UserError);  // holds a model
  write_atomically(dir / "no.txt", "a\nb\n");
  CHECK_THROWS_AS(write_untrained_backbone({"tiny", dir / "no.txt", dir / "c"}), UserError);
  CHECK(!fs::exists(dir / "c"));
}
