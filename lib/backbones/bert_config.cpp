#include "backbones/bert_config.h"

#include "base/json_file.h"

namespace mma {
namespace {

using Json = nlohmann::json;

void read(const Json& json, const char* key, int64_t& value, int64_t max, const std::string& file,
          Faults& faults) {
  auto it = json.find(key);
  if (it == json.end()) {
    faults.add("config", fmt::format("{}: {}: missing", file, key));
  } else if (!it->is_number_integer() || it->get<int64_t>() < 1 || it->get<int64_t>() > max) {
    faults.add("config", fmt::format("{}: {}: expected a whole number from 1 to {}, found {}", file,
                                     key, max, printable(it->dump())));
  } else {
    value = it->get<int64_t>();
  }
}

void read(const Json& json, const char* key, double& value, const std::string& file,
          Faults& faults) {
  auto it = json.find(key);
  if (it == json.end()) return;  // old configurations leave them at BERT's defaults
  if (!it->is_number() || !(it->get<double>() >= 0 && it->get<double>() < 1)) {
    faults.add("config", fmt::format("{}: {}: expected a number in [0, 1), found {}", file, key,
                                     printable(it->dump())));
  } else {
    value = it->get<double>();
  }
}

void expect_word(const Json& json, const char* key, const std::string& expected,
                 const std::string& file, Faults& faults) {
  auto it = json.find(key);
  if (it != json.end() && !it->is_null() && *it != expected)
    faults.add("config", fmt::format("{}: {}: expected \"{}\", found {}", file, key, expected,
                                     printable(it->dump())));
}

}  // namespace

BertConfig read_bert_config(const std::filesystem::path& path) {
  auto file = path.string();
  auto json = read_json_object<Json>(path);
  Faults faults;
  BertConfig c;
  expect_word(json, "model_type", "bert", file, faults);
  expect_word(json, "position_embedding_type", "absolute", file, faults);
  read(json, "vocab_size", c.vocab_size, 10'000'000, file, faults);
  read(json, "hidden_size", c.hidden_size, 65'536, file, faults);
  read(json, "num_hidden_layers", c.num_hidden_layers, 1'000, file, faults);
  read(json, "num_attention_heads", c.num_attention_heads, 65'536, file, faults);
  read(json, "intermediate_size", c.intermediate_size, 1'000'000, file, faults);
  read(json, "max_position_embeddings", c.max_position_embeddings, 10'000'000, file, faults);
  read(json, "type_vocab_size", c.type_vocab_size, 1'000, file, faults);
  read(json, "hidden_dropout_prob", c.hidden_dropout_prob, file, faults);
  read(json, "attention_probs_dropout_prob", c.attention_probs_dropout_prob, file, faults);
  read(json, "layer_norm_eps", c.layer_norm_eps, file, faults);
  if (json.contains("hidden_act")) {
    auto& act = json["hidden_act"];
    if (act == "gelu" || act == "gelu_new" || act == "relu") {
      c.hidden_act = act;
    } else {
      faults.add("config", fmt::format("{}: hidden_act: expected gelu, gelu_new or relu, found {}",
                                       file, printable(act.dump())));
    }
  }
  if (faults.empty() && c.hidden_size % c.num_attention_heads != 0)
    faults.add("config",
               fmt::format("{}: hidden_size {} is not a multiple of num_attention_heads {}", file,
                           c.hidden_size, c.num_attention_heads));
  faults.raise();
  return c;
}

}  // namespace mma
