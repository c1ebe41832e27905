#pragma once
#include <torch/types.h>

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "backbones/bert_config.h"
#include "nn/activation.h"
#include "nn/compute.h"
#include "nn/context.h"
#include "nn/dense.h"
#include "nn/named_tensors.h"
#include "nn/rows.h"
#include "nn/sublayer_plugin.h"

namespace mma {

/// How a backbone is held.
struct BertOptions : Compute {
  /// For models that train the backbone itself: all weights stay in fp32, each a leaf by its
  /// Hugging Face name, and are cast at each use. Otherwise they are held in the compute type, with
  /// queries, keys and values as one matrix.
  bool trained = false;
  /// Frozen products are packed where that can be done (nn/dense.h). Off for tests.
  bool packed = true;
};

/// BERT's encoder (Devlin et al. 2019, arXiv:1810.04805; post-norm layers as in Hugging Face's
/// BertModel) over packed rows, with two plug points a layer:
///   a = dropout(Attention(x) W_o + b_o);  x1 = LN(plug_attention(a) + x)
///   f = dropout(act(x1 W_1 + b_1) W_2 + b_2);  x2 = LN(plug_output(f) + x1)
/// Queries, keys and values are one product with a matrix [3H, H].
///
/// On the CPU a frozen layer is few passes over memory in each direction, each a unit with its
/// formula and a plain reference beside it: products packed for one direction and the other
/// (nn/dense.h), attention sample by sample (nn/attention.h), GELU (nn/activation.h), dropout whose
/// masks are made again (nn/dropout.h), sum and LayerNorm together (nn/norm.h). No weight learns,
/// so that backward is a chain of gradients of activations alone; with d for the gradient of the
/// loss:
///   ds2 = LN'(dx2), for f, the plugin's output and x1 alike;   dg = (mask df) W_2
///   du = dg act'(u), u = x1 W_1 + b_1;   dx1 = ds2 + du W_1
///   ds1 = LN'(dx1), for a, the plugin's output and x alike;   dm = (mask da) W_o
///   dq, dk, dv = Attention'(dm);   dx = ds1 + [dq dk dv] W_qkv
/// (df and da with what the plugins send back). For it a layer keeps s1, s2, u, and q, k, v: 9 H
/// numbers a token, and two for each row of a softmax. Below the lowest plugin nothing is kept.
class Bert {
 public:
  /// `weights`: the encoder's tensors by their Hugging Face names (backbones/bert_weights.h).
  Bert(const BertConfig& config, const std::map<std::string, torch::Tensor>& weights,
       const BertOptions& options);

  /// The vectors of token ids [N]: [N, H] in fp32.
  torch::Tensor token_embeddings(const torch::Tensor& ids) const;
  /// Token vectors [N, H] (of token_embeddings(), or others in their place), positions and segment
  /// ids [N] to hidden states [N, H]: sum, LayerNorm, dropout.
  torch::Tensor embed(const torch::Tensor& tokens, const torch::Tensor& positions,
                      const torch::Tensor& segments, const Rows& rows, Context& context) const;
  /// All layers; plugins[l] belongs to layer l (or is empty). Returns [CLS] of each sample, [B, H]:
  /// the last layer computes queries, feed-forward and adapters for those rows alone. With
  /// `all_hidden`, every layer computes every row and its output is appended there. `first`: layers
  /// below it are done already, see prefix().
  torch::Tensor encode(torch::Tensor hidden, const Rows& rows,
                       const std::vector<LayerPlugins>& plugins, Context& context,
                       std::vector<torch::Tensor>* all_hidden = nullptr, size_t first = 0) const;
  /// The first `count` layers on all rows, without plugins: [N, H].
  torch::Tensor prefix(torch::Tensor hidden, const Rows& rows, size_t count,
                       Context& context) const;
  /// BERT's pooler: tanh(W x + b) of [CLS], in fp32.
  torch::Tensor pool(const torch::Tensor& cls) const;

  /// Floating-point operations of the forward pass's matrix products for a sample of `length`
  /// tokens from layer `first` on, the last layer computing [CLS] alone.
  double forward_flops(int64_t length, size_t first = 0) const;
  /// Those of a layer's attention, but not the last one's.
  double attention_flops(int64_t length) const;

  const BertConfig& config() const { return config_; }
  const BertOptions& options() const { return options_; }
  /// All tensors by their Hugging Face names: what is held, but copies of matrices that are packed.
  NamedTensors tensors() const;
  /// The layers' LayerNorms (not the embeddings'), for models that train them.
  NamedTensors layer_norms() const;

 private:
  // Queries, keys and values as one product; the last layer, whose queries are for [CLS] alone, has
  // theirs apart.
  struct Projections {
    Dense queries, keys_values;
  };
  struct Layer {
    Dense query, key, value;  // where trained; otherwise they are in the projections
    Projections projections;
    Dense attention_out, intermediate, output;
    Norm attention_norm, output_norm;
  };
  void hold_frozen(Layer& layer, bool last) const;
  Projections projections(const Layer& weights, bool last) const;
  std::array<Dense, 3> queries_keys_values(const Layer& weights) const;
  torch::Tensor attend(const Layer& weights, const torch::Tensor& x, const Rows& rows,
                       const Rows& out_rows, SublayerPlugin* plugin, Context& context) const;
  torch::Tensor feed_forward(const Layer& weights, const torch::Tensor& x, const Rows& rows,
                             SublayerPlugin* plugin, Context& context) const;
  torch::Tensor add_and_norm(const SublayerOutput& out, const Rows& rows, SublayerPlugin* plugin,
                             Context& context) const;
  BertConfig config_;
  BertOptions options_;
  Activation activation_;
  torch::Tensor token_embeddings_, positions_, segments_;
  Norm embedding_norm_;
  std::vector<Layer> layers_;
  Dense pooler_;
};

}  // namespace mma
