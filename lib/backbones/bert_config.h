#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

namespace mma {

/// What a Hugging Face config.json says of a BERT (Devlin et al. 2019, arXiv:1810.04805).
struct BertConfig {
  int64_t vocab_size = 30522, hidden_size = 768, num_hidden_layers = 12, num_attention_heads = 12,
          intermediate_size = 3072, max_position_embeddings = 512, type_vocab_size = 2;
  std::string hidden_act = "gelu";  ///< gelu, gelu_new (tanh form), relu
  double hidden_dropout_prob = 0.1, attention_probs_dropout_prob = 0.1, layer_norm_eps = 1e-12;
};

/// Reads config.json. UserError for anything that is not a BERT that this program can compute.
BertConfig read_bert_config(const std::filesystem::path& file);

}  // namespace mma
