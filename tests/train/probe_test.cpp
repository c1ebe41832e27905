#include "train/probe.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "support/small_models.h"

using namespace mma;

namespace {

/// Four labels, of which `video` holds noisy copies (its own noise in dev) and `audio` nothing.
Split leaking(int64_t samples, double noise) {
  auto split = test::random_split(samples);
  auto& video = split.modalities["video"];
  auto& audio = split.modalities["audio"];
  std::vector<float> seen, heard;
  for (int64_t i = 0; i < samples; ++i) {
    video.present[static_cast<size_t>(i)] = audio.present[static_cast<size_t>(i)] = 1;
    for (int64_t j = 0; j < 7; ++j)
      seen.push_back(static_cast<float>((j < 4 ? split.labels[static_cast<size_t>(i * 4 + j)] : 0) +
                                        noise * torch::randn({1}).item<double>()));
    for (int64_t j = 0; j < 5; ++j) heard.push_back(torch::randn({1}).item<float>());
  }
  video.values = seen;
  audio.values = heard;
  return split;
}

}  // namespace

TEST_CASE("probe: a modality that holds the labels is found, one that holds none is not",
          "[train]") {
  torch::manual_seed(1);
  auto train = leaking(300, 0.2), dev = leaking(200, 0.2);
  auto figures =
      probe_modalities({"video", "audio"}, train, dev, LabelKind::kMultilabel, "ap_micro");
  REQUIRE(figures.size() == 2);
  CHECK(figures[0].share > 0.95);
  CHECK(std::abs(figures[1].share) < 0.2);
  CHECK(std::abs(figures[0].guess - 0.5) < 0.06);  // half of the pairs are positive
  auto warning = probe_warning(figures);
  CHECK(warning.starts_with("video: a linear map of it alone is 67 % of the way"));
  CHECK(probe_warning({figures[1]}).empty());
}

TEST_CASE("probe: of real targets the way goes down, and wide features are solved the other way",
          "[train]") {
  torch::manual_seed(2);
  auto make = [](int64_t samples) {
    auto split = leaking(samples, 0.01);
    for (auto label : split.labels) split.targets.push_back(3.0f * label - 1);
    split.labels.clear();
    return split;
  };
  auto train = make(6), dev = make(50);  // 7 numbers of video for 6 samples
  auto figures = probe_modalities({"video"}, train, dev, LabelKind::kRegression, "mae");
  CHECK(figures[0].dev < figures[0].guess);
  CHECK((figures[0].share > 0.2 && figures[0].share <= 1));
  CHECK(figures[0].train < 0.2);
}
