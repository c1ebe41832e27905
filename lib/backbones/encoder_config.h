#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/encoder_layout.h"

namespace mma {

/// What a Hugging Face config.json says of a text encoder, by BERT's names, and how its family
/// differs from BERT (Devlin et al. 2019, arXiv:1810.04805). All are transformers whose LayerNorms
/// stand behind the residual sums.
struct EncoderConfig {
  std::string family = "bert";  ///< see backbones/encoder_family.h
  int64_t vocab_size = 30522, hidden_size = 768, num_hidden_layers = 12, num_attention_heads = 12,
          intermediate_size = 3072, max_position_embeddings = 512, type_vocab_size = 2;
  std::string hidden_act = "gelu";  ///< gelu, gelu_tanh, relu
  double hidden_dropout_prob = 0.1, attention_probs_dropout_prob = 0.1, layer_norm_eps = 1e-12;

  int64_t embedding_size = 0;       ///< width of a token's vector; 0: hidden_size
  int64_t layer_groups = 0;         ///< sets of weights that the layers share; 0: each has its own
  int64_t position_offset = 0;      ///< rows of the positions' table that no token has
  bool drops_attention_out = true;  ///< dropout on the attention's output matrix
  bool drops_output = true;         ///< and on the feed-forward's
  bool pooler = true;               ///< the weights have one

  /// What the encoder gives for a text, as the recipe chooses it: auto (the pooler where the
  /// weights have one, else cls), pooler, cls or mean.
  std::string summary = "auto";

  /// The longest text, special tokens included.
  int64_t max_length() const { return max_position_embeddings - position_offset; }
  int64_t embedding_width() const { return embedding_size > 0 ? embedding_size : hidden_size; }
  /// The set of weights of a layer, counted from 0.
  size_t weights_of(size_t layer) const;
};

/// Of models that read no text: an encoder of nothing, no layer and no tensor.
EncoderConfig no_encoder();

/// Reads config.json. UserError for anything that is not an encoder that this program can compute,
/// with those that it can.
EncoderConfig read_encoder_config(const std::filesystem::path& file);

/// The names of an encoder's tensors in its files, without the family's prefix.
EncoderNames encoder_names(const EncoderConfig& config);
/// All of them with their shapes.
std::vector<EncoderTensor> encoder_tensors(const EncoderConfig& config);
/// A tensor's name in a file of a model with heads: "bert." in front, or what the family has.
std::string prefixed_name(const EncoderConfig& config, const std::string& name);

}  // namespace mma
