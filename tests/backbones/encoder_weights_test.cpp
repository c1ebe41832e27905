#include "backbones/encoder_weights.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>
#include <functional>

#include "backbones/encoder.h"
#include "base/error.h"
#include "nn/tensor_file.h"
#include "support/paths.h"

using namespace mma;
using Catch::Matchers::ContainsSubstring;
using Weights = std::map<std::string, torch::Tensor>;

namespace {

EncoderConfig tiny_config() {
  EncoderConfig c;
  c.vocab_size = 9;
  c.hidden_size = 4;
  c.num_hidden_layers = 1;
  c.num_attention_heads = 2;
  c.intermediate_size = 6;
  c.max_position_embeddings = 5;
  return c;
}

Weights tiny_weights() {
  Weights weights;
  for (auto& [name, shape, role] : encoder_tensors(tiny_config()))
    weights[name] = torch::randn(shape);
  return weights;
}

/// Writes the weights into a backbone folder and reads them back.
Weights through_file(const Weights& weights) {
  test::ScratchDir dir;
  write_tensors(dir / "model.safetensors", {weights.begin(), weights.end()});
  return read_encoder_weights(dir.path, tiny_config());
}

/// What reading says of the weights after a change.
std::string fault_after(const std::function<void(Weights&)>& change) {
  auto weights = tiny_weights();
  change(weights);
  try {
    through_file(weights);
  } catch (const UserError& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("bert weights: old names, a prefix and heads beside the encoder", "[backbones]") {
  auto weights = tiny_weights();
  Weights old;
  for (auto& [modern, tensor] : weights) {
    auto name = modern;
    if (auto at = name.find("LayerNorm.weight"); at != std::string::npos)
      name.replace(at, 16, "LayerNorm.gamma");
    if (auto at = name.find("LayerNorm.bias"); at != std::string::npos)
      name.replace(at, 14, "LayerNorm.beta");
    old["bert." + name] = tensor;
  }
  old["cls.predictions.bias"] = torch::zeros({9});
  old["bert.embeddings.position_ids"] = torch::arange(5);
  auto found = through_file(old);
  REQUIRE(found.size() == weights.size());
  for (auto& [name, tensor] : weights) CHECK(torch::equal(found.at(name), tensor));
}

TEST_CASE("bert weights: stored as fp16 or bf16 they become the compute type", "[backbones]") {
  for (auto type : {torch::kFloat16, torch::kBFloat16, torch::kFloat32}) {
    auto weights = tiny_weights();
    for (auto& [name, tensor] : weights) tensor = tensor.to(type);
    Encoder bert(tiny_config(), through_file(weights), {torch::kCPU, torch::kFloat32});
    for (auto& [name, tensor] : bert.tensors()) CHECK(tensor.scalar_type() == torch::kFloat32);
    CHECK(torch::equal(bert.tensors()[0].second,
                       weights.at("embeddings.word_embeddings.weight").to(torch::kFloat32)));
  }
}

TEST_CASE("bert weights: what is missing, extra, misshapen or not finite is named", "[backbones]") {
  const std::string query = "encoder.layer.0.attention.self.query.weight";
  CHECK_THAT(fault_after([&](Weights& w) { w.erase(query); }),
             ContainsSubstring("no weight " + query));
  CHECK_THAT(
      fault_after([&](Weights& w) { w["encoder.layer.1.output.dense.bias"] = torch::zeros({4}); }),
      ContainsSubstring("encoder.layer.1.output.dense.bias has no place"));
  CHECK_THAT(fault_after([&](Weights& w) {
               w[query] = torch::zeros({4, 5});
             }),
             ContainsSubstring("expected shape [4, 4] by config.json, found [4, 5]"));
  CHECK_THAT(fault_after([&](Weights& w) { w[query][1][2] = NAN; }),
             ContainsSubstring(query + ": holds NaN"));
  CHECK_THAT(fault_after([&](Weights& w) { w["bert." + query] = w[query]; }),
             ContainsSubstring("there twice"));
  auto two = fault_after([&](Weights& w) {
    w.erase(query);
    w.erase("pooler.dense.bias");
  });
  CHECK_THAT(two, ContainsSubstring("query.weight") && ContainsSubstring("pooler.dense.bias"));
}

TEST_CASE("bert weights: a folder without weights says what it expected", "[backbones]") {
  test::ScratchDir dir;
  CHECK_THROWS_WITH(read_encoder_weights(dir.path, tiny_config()),
                    ContainsSubstring("expected model.safetensors or pytorch_model.bin"));
}

TEST_CASE("bert config: every fault at once", "[backbones]") {
  test::ScratchDir dir;
  std::ofstream(dir / "config.json")
      << R"({"model_type": "bert", "vocab_size": 0, "hidden_size": 10,
    "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": "x", "max_position_embeddings": 8,
    "type_vocab_size": 2, "hidden_act": "swish", "hidden_dropout_prob": 1.5})";
  try {
    read_encoder_config(dir / "config.json");
    FAIL("accepted");
  } catch (const UserError& e) {
    for (auto* part : {"vocab_size: expected a whole number from 1", "intermediate_size",
                       "hidden_act: expected one of gelu, gelu_new", "hidden_dropout_prob"})
      CHECK_THAT(e.what(), ContainsSubstring(part));
  }
  std::ofstream(dir / "config.json") << R"({"model_type": "gpt2"})";
  CHECK_THROWS_WITH(read_encoder_config(dir / "config.json"),
                    ContainsSubstring("model_type: expected an encoder of one of bert") &&
                        ContainsSubstring("found \"gpt2\""));
  std::ofstream(dir / "config.json") << "[1, 2";
  CHECK_THROWS_WITH(read_encoder_config(dir / "config.json"),
                    ContainsSubstring("expected a JSON object"));
}
