#pragma once
#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "nn/activation.h"
#include "nn/bert_config.h"
#include "nn/context.h"
#include "nn/rows.h"

namespace mma {

/// How a backbone is held.
struct BertOptions {
  torch::Device device = torch::kCPU;
  torch::ScalarType type = torch::kFloat32;  ///< compute type of matrices and activations
  /// For models that train the backbone itself: all weights stay in fp32, each a leaf by its
  /// Hugging Face name, and are cast at each use. Otherwise they are held in the compute type, with
  /// queries, keys and values as one matrix.
  bool trained = false;
};

/// BERT's encoder (Devlin et al. 2019, arXiv:1810.04805; post-norm layers as in Hugging Face's
/// BertModel) over packed rows, with two plug points a layer:
///   a = dropout(Attention(x) W_o + b_o);  x1 = LN(plug_attention(a) + x)
///   f = dropout(act(x1 W_1 + b_1) W_2 + b_2);  x2 = LN(plug_output(f) + x1)
/// Queries, keys and values are one product with a matrix [3H, H].
class Bert {
 public:
  /// `weights`: the encoder's tensors by their Hugging Face names (nn/bert_weights.h).
  Bert(const BertConfig& config, const std::map<std::string, torch::Tensor>& weights,
       const BertOptions& options);

  /// The vectors of token ids [N]: [N, H] in fp32.
  torch::Tensor words(const torch::Tensor& ids) const;
  /// Token vectors [N, H] (of words(), or others in their place), positions and segment ids [N] to
  /// hidden states [N, H]: sum, LayerNorm, dropout.
  torch::Tensor embed(const torch::Tensor& words, const torch::Tensor& positions,
                      const torch::Tensor& segments, Context& context) const;
  /// All layers; plugins[l] belongs to layer l (or is empty). Returns [CLS] of each sample, [B, H]:
  /// the last layer computes queries, feed-forward and adapters for those rows alone. With
  /// `all_hidden`, every layer computes every row and its output is appended there.
  torch::Tensor encode(torch::Tensor hidden, const Rows& rows,
                       const std::vector<LayerPlugins>& plugins, Context& context,
                       std::vector<torch::Tensor>* all_hidden = nullptr) const;
  /// BERT's pooler: tanh(W x + b) of [CLS], in fp32.
  torch::Tensor pool(const torch::Tensor& cls) const;

  /// Floating-point operations of the forward pass's matrix products for a sample of `length`
  /// tokens, the last layer computing [CLS] alone.
  double forward_flops(int64_t length) const;

  const BertConfig& config() const { return config_; }
  const BertOptions& options() const { return options_; }
  /// All tensors by their Hugging Face names; views into what is held.
  NamedTensors tensors() const;
  /// The layers' LayerNorms (not the embeddings'), for models that train them.
  NamedTensors layer_norms() const;

 private:
  struct Layer {
    Dense query, key, value;  // views into qkv unless trained
    Dense qkv;                // undefined where trained
    Dense attention_out, intermediate, output;
    Norm attention_norm, output_norm;
  };
  Dense queries_keys_values(const Layer& weights) const;
  torch::Tensor layer(const Layer& weights, const torch::Tensor& x, const Rows& rows, bool cls_only,
                      LayerPlugins plugins, Context& context) const;
  BertConfig config_;
  BertOptions options_;
  Activation activation_;
  torch::Tensor words_, positions_, segments_;
  Norm embedding_norm_;
  std::vector<Layer> layers_;
  Dense pooler_;
};

}  // namespace mma
