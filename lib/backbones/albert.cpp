#include "backbones/encoder_family.h"

namespace mma {
namespace {

void read_albert(ConfigReader& reader, EncoderConfig& c) {
  c.hidden_act = "gelu_tanh";
  c.hidden_dropout_prob = c.attention_probs_dropout_prob = 0;  // where config.json says nothing
  read_bert_keys(reader, c);
  c.embedding_size = 128;
  c.layer_groups = 1;
  reader.optional_count("embedding_size", c.embedding_size, 1, 65'536);
  reader.optional_count("num_hidden_groups", c.layer_groups, 1, c.num_hidden_layers);
  reader.expect("inner_group_num", 1);
  c.drops_output = false;
}

LayerNames group_names(int64_t group) {
  auto at = "encoder.albert_layer_groups." + std::to_string(group) + ".albert_layers.0.";
  return {.query = at + "attention.query",
          .key = at + "attention.key",
          .value = at + "attention.value",
          .attention_out = at + "attention.dense",
          .attention_norm = at + "attention.LayerNorm",
          .intermediate = at + "ffn",
          .output = at + "ffn_output",
          .output_norm = at + "full_layer_layer_norm"};
}

EncoderNames albert_names(const EncoderConfig& c) {
  auto names = bert_names(0);
  names.projection = "encoder.embedding_hidden_mapping_in";
  names.pooler = "pooler";
  for (int64_t g = 0; g < c.layer_groups; ++g) names.layers.push_back(group_names(g));
  return names;
}

}  // namespace

EncoderFamily albert_family() { return {read_albert, albert_names, "albert."}; }

}  // namespace mma
