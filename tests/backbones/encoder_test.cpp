#include "backbones/encoder.h"

#include <torch/autograd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "backbones/backbone_folder.h"
#include "nn/attention.h"
#include "nn/tensor_file.h"
#include "support/packed.h"

using namespace mma;
namespace fs = std::filesystem;

namespace {

void compare_encoder(const fs::path& folder) {
  auto file = read_safetensors(folder / "encoder.safetensors");
  auto encoder = test::backbone(folder);
  auto batch = test::packed(file);
  auto input = BatchPlan(batch, text_sequences(batch), test::device()).input();
  Context context;
  const auto layers = static_cast<size_t>(encoder->config().num_hidden_layers);
  auto mask = file.at("attention_mask").flatten().nonzero().flatten();
  auto expected = [&](size_t l) {
    for (auto* name : {"hidden_states.{}", "hidden.{}"})
      if (auto it = file.find(fmt::format(fmt::runtime(name), l)); it != file.end())
        return it->second.reshape({-1, it->second.size(2)}).index_select(0, mask);
    throw Error("no hidden states");
  };
  auto embedded = encoder->embed(encoder->token_embeddings(input.ids), input.positions,
                                 input.segments, input.rows, context);
  auto hidden = embedded;
  CHECK(test::largest_error(hidden, expected(0)) < test::bound(1e-5));
  for (size_t l = 0; l < layers; ++l) {
    hidden = encoder->run_layers(hidden, input.rows, {}, context, l, l + 1);
    CHECK(test::largest_error(hidden, expected(l + 1)) < test::bound(1e-5));
  }
  auto pooler = file.count("pooler") ? file.find("pooler") : file.find("pooler_output");
  CHECK(encoder->config().pooler == (pooler != file.end()));
  // The last layer of a summary by [CLS] computes that alone.
  auto summary = [&](const std::string& choice) {
    auto config = encoder->config();
    config.summary = choice;
    return Encoder(config, read_encoder_weights(folder, config), encoder->options())
        .encode(embedded, input.rows, {}, context);
  };
  if (pooler != file.end()) {
    auto pooled = encoder->encode(embedded, input.rows, {}, context);
    CHECK(test::largest_error(pooled, pooler->second) < test::bound(1e-5));
    CHECK(test::largest_error(summary("pooler"), pooler->second) < test::bound(1e-5));
  } else {
    CHECK(torch::equal(summary("auto"), summary("cls")));
  }
  CHECK(test::largest_error(summary("cls"), input.rows.first_of(hidden)) < test::bound(1e-6));
  CHECK(test::largest_error(summary("mean"), input.rows.mean(hidden)) < test::bound(1e-6));
}

}  // namespace

TEST_CASE("encoder: every hidden state and the pooler of the reference encoders",
          "[backbones][parity]") {
  int compared = 0;
  for (auto& folder : test::reference_folders()) {
    for (auto& entry : fs::directory_iterator(folder)) {
      if (!fs::exists(entry.path() / "encoder.safetensors")) continue;
      CAPTURE(entry.path().string());
      compare_encoder(entry.path());
      ++compared;
    }
  }
  CHECK(compared > 0);
}

TEST_CASE("encoder: every hidden state and the pooler of BERT's kin", "[backbones][parity]") {
  for (auto& entry : fs::directory_iterator(test::shared("fixtures/backbones"))) {
    CAPTURE(entry.path().string());
    compare_encoder(entry.path());
  }
}

TEST_CASE("encoder: pytorch_model.bin holds the same weights as model.safetensors",
          "[backbones][parity]") {
  for (auto& entry : fs::directory_iterator(test::shared("fixtures/parity"))) {
    if (!fs::exists(entry.path() / "pytorch_model.bin")) continue;
    CAPTURE(entry.path().filename().string());
    auto config = read_encoder_config(entry.path() / "config.json");
    auto expected = read_encoder_weights(entry.path(), config);
    test::ScratchDir dir;
    fs::copy(entry.path() / "pytorch_model.bin", dir / "pytorch_model.bin");
    auto found = read_encoder_weights(dir.path, config);
    REQUIRE(found.size() == expected.size());
    for (auto& [name, tensor] : expected) CHECK(torch::equal(found.at(name), tensor));
  }
}

TEST_CASE("attention: sample by sample and padded agree, gradients included", "[backbones]") {
  auto rows = Rows::of_lengths({5, 1, 9});
  for (bool cls_only : {false, true}) {
    CAPTURE(cls_only);
    auto query_rows = cls_only ? Rows::one_each(3) : rows;
    torch::Tensor q;
    if (cls_only) q = torch::randn({3, 12}).requires_grad_();
    auto kv = torch::randn({15, cls_only ? 24 : 36}).requires_grad_();
    auto leaves = cls_only ? std::vector<torch::Tensor>{q, kv} : std::vector<torch::Tensor>{kv};
    auto weigh = torch::randn({query_rows.total(), 12});
    DropoutState off;
    AttentionInput input{q, kv, query_rows, rows, 3, 0.0};
    auto a = attention_by_sample(input, off), b = attention_padded(input, off);
    CHECK(torch::allclose(a, b, 1e-5, 1e-6));
    auto ga = torch::autograd::grad({(a * weigh).sum()}, leaves);
    auto gb = torch::autograd::grad({(b * weigh).sum()}, leaves);
    for (size_t i = 0; i < leaves.size(); ++i) CHECK(torch::allclose(ga[i], gb[i], 1e-4, 1e-6));
  }
}

TEST_CASE("attention: with dropout the gradient is that of finite differences", "[backbones]") {
  auto rows = Rows::of_lengths({4, 3});
  auto qkv = torch::randn({7, 12}), weigh = torch::randn({7, 4}), direction = torch::randn({7, 12});
  auto value = [&](const torch::Tensor& x) {
    DropoutState state{true, 9, 0};  // the same mask each time
    return (attention_by_sample({{}, x, rows, rows, 2, 0.4}, state) * weigh)
        .to(torch::kFloat64)
        .sum();
  };
  auto leaf = qkv.clone().requires_grad_();
  auto gradient = torch::autograd::grad({value(leaf)}, {leaf})[0];
  const double step = 1e-2;
  auto slope = (value(qkv + step * direction) - value(qkv - step * direction)) / (2 * step);
  double expected = slope.item<double>(), found = (gradient * direction).sum().item<double>();
  CHECK(std::abs(found - expected) < 2e-3 * (1 + std::abs(expected)));
}
