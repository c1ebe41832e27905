#include "backbones/encoder_family.h"

namespace mma {
namespace {

void read_distilbert(ConfigReader& reader, EncoderConfig& c) {
  reader.count("vocab_size", c.vocab_size, 10'000'000);
  reader.count("dim", c.hidden_size, 65'536);
  reader.count("n_layers", c.num_hidden_layers, 1'000);
  reader.count("n_heads", c.num_attention_heads, 65'536);
  reader.count("hidden_dim", c.intermediate_size, 1'000'000);
  reader.count("max_position_embeddings", c.max_position_embeddings, 10'000'000);
  reader.fraction("dropout", c.hidden_dropout_prob);
  reader.fraction("attention_dropout", c.attention_probs_dropout_prob);
  reader.activation("activation", c.hidden_act);
  c.layer_norm_eps = 1e-12;
  c.type_vocab_size = 0;
  c.drops_attention_out = false;
  c.pooler = false;
}

LayerNames layer_names(int64_t layer) {
  auto at = "transformer.layer." + std::to_string(layer) + ".";
  return {.query = at + "attention.q_lin",
          .key = at + "attention.k_lin",
          .value = at + "attention.v_lin",
          .attention_out = at + "attention.out_lin",
          .attention_norm = at + "sa_layer_norm",
          .intermediate = at + "ffn.lin1",
          .output = at + "ffn.lin2",
          .output_norm = at + "output_layer_norm"};
}

EncoderNames distilbert_names(const EncoderConfig& c) {
  auto names = bert_names(0);
  names.segments = names.pooler = "";
  for (int64_t l = 0; l < c.num_hidden_layers; ++l) names.layers.push_back(layer_names(l));
  return names;
}

}  // namespace

EncoderFamily distilbert_family() { return {read_distilbert, distilbert_names, "distilbert."}; }

}  // namespace mma
