#include "support/untrained_encoder.h"

#include "backbones/encoder_config.h"
#include "base/files.h"
#include "base/random.h"
#include "base/safetensors.h"

namespace mma::test {

nlohmann::json untrained_config(const std::string& family, int64_t vocabulary) {
  auto config = nlohmann::json::parse(R"({"hidden_size": 24, "num_hidden_layers": 2,
      "num_attention_heads": 3, "intermediate_size": 40, "max_position_embeddings": 130,
      "type_vocab_size": 2, "hidden_act": "gelu", "pad_token_id": 1, "embedding_size": 10,
      "dim": 24, "n_layers": 2, "n_heads": 3, "hidden_dim": 40, "hidden_dropout_prob": 0.1,
      "attention_probs_dropout_prob": 0.1})");
  config["model_type"] = family;
  config["vocab_size"] = vocabulary;
  if (family.ends_with("roberta")) config["type_vocab_size"] = 1;
  return config;
}

void write_untrained_encoder(const std::filesystem::path& folder, const std::string& family,
                             int64_t vocabulary) {
  make_directories(folder);
  write_atomically(folder / "config.json", untrained_config(family, vocabulary).dump(2) + "\n");
  std::vector<std::vector<float>> numbers;
  std::vector<SafetensorsTensor> tensors;
  for (auto& [name, shape, role] : encoder_tensors(read_encoder_config(folder / "config.json"))) {
    size_t count = 1;
    for (auto side : shape) count *= static_cast<size_t>(side);
    RandomStream random(derive_key(1, name));
    auto& values = numbers.emplace_back(count);
    for (auto& value : values)
      value =
          (role == TensorRole::kScale ? 1.0f : 0.0f) + 0.1f * static_cast<float>(random.normal());
    tensors.push_back({name,
                       "F32",
                       shape,
                       {reinterpret_cast<const char*>(values.data()), count * sizeof(float)}});
  }
  write_safetensors(folder / "model.safetensors", tensors, {{"format", "pt"}});
}

}  // namespace mma::test
