#include "backbones/encoder_family.h"

namespace mma {

void read_bert_keys(ConfigReader& reader, EncoderConfig& c) {
  reader.expect("position_embedding_type", "absolute");
  reader.expect("is_decoder", false);
  reader.count("vocab_size", c.vocab_size, 10'000'000);
  reader.count("hidden_size", c.hidden_size, 65'536);
  reader.count("num_hidden_layers", c.num_hidden_layers, 1'000);
  reader.count("num_attention_heads", c.num_attention_heads, 65'536);
  reader.count("intermediate_size", c.intermediate_size, 1'000'000);
  reader.count("max_position_embeddings", c.max_position_embeddings, 10'000'000);
  reader.count("type_vocab_size", c.type_vocab_size, 1'000);
  reader.fraction("hidden_dropout_prob", c.hidden_dropout_prob);
  reader.fraction("attention_probs_dropout_prob", c.attention_probs_dropout_prob);
  reader.fraction("layer_norm_eps", c.layer_norm_eps);
  reader.activation("hidden_act", c.hidden_act);
}

EncoderFamily bert_family() {
  return {read_bert_keys, [](const EncoderConfig& c) { return bert_names(c.num_hidden_layers); },
          "bert."};
}

}  // namespace mma
