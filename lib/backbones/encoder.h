#pragma once
#include <torch/types.h>

#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backbones/encoder_config.h"
#include "nn/activation.h"
#include "nn/compute.h"
#include "nn/context.h"
#include "nn/dense.h"
#include "nn/named_tensors.h"
#include "nn/rows.h"
#include "nn/sublayer_plugin.h"

namespace mma {

/// How a backbone is held.
struct EncoderOptions : Compute {
  /// For models that train the backbone itself: all weights stay in fp32, each a leaf by its
  /// Hugging Face name, and are cast at each use. Otherwise they are held in the compute type, with
  /// queries, keys and values as one matrix.
  bool trained = false;
  /// Frozen products are packed where that can be done (nn/dense.h). Off for tests.
  bool packed = true;
};

/// What stands for a text: the pooler, tanh(W x + b) of [CLS] (of what stands first); [CLS] itself;
/// the mean of all tokens, special ones included.
enum class Summary { kPooler, kCls, kMean };
/// "pooler", "cls" or "mean".
std::string name_of(Summary summary);

/// A text encoder over packed rows: BERT (Devlin et al. 2019, arXiv:1810.04805; post-norm layers as
/// in Hugging Face's BertModel) and its kin (backbones/encoder_family.h), with plug points behind
/// both sub-layers of a layer and on its six linear maps (nn/linear_plugin.h):
///   a = dropout(Attention(x) W_o + b_o);  x1 = LN(plug_attention(a) + x)
///   f = dropout(act(x1 W_1 + b_1) W_2 + b_2);  x2 = LN(plug_output(f) + x1)
/// Queries, keys and values are one product with a matrix [3H, H]. Layers may share their weights
/// (ALBERT); each has plug points of its own all the same. Some families leave out a dropout.
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
class Encoder {
 public:
  /// `weights`: the encoder's tensors by their Hugging Face names (backbones/encoder_weights.h).
  Encoder(const EncoderConfig& config, const std::map<std::string, torch::Tensor>& weights,
          const EncoderOptions& options);

  /// The vectors of token ids [N]: [N, E] in fp32, E = config().embedding_width().
  torch::Tensor token_embeddings(const torch::Tensor& ids) const;
  /// Token vectors [N, E] (of token_embeddings(), or others in their place), positions from 0 and
  /// segment ids [N] to hidden states [N, H]: sum, LayerNorm, dropout, and the projection from E to
  /// H where the encoder has one. An encoder with fewer than two segments knows no difference
  /// between them.
  torch::Tensor embed(const torch::Tensor& tokens, const torch::Tensor& positions,
                      const torch::Tensor& segments, const Rows& rows, Context& context) const;
  /// The layers from `first` on, and the summary of each sample, [B, H] in fp32; plugins[l] belongs
  /// to layer l (or is empty). Of a summary by [CLS] the last layer computes queries, feed-forward
  /// and adapters for those rows alone.
  torch::Tensor encode(torch::Tensor hidden, const Rows& rows,
                       const std::vector<LayerPlugins>& plugins, Context& context,
                       size_t first = 0) const;
  /// The layers from `first` to before `end` on all rows: [N, H].
  torch::Tensor run_layers(torch::Tensor hidden, const Rows& rows,
                           const std::vector<LayerPlugins>& plugins, Context& context, size_t first,
                           size_t end) const;

  /// Floating-point operations of the forward pass's matrix products for a sample of `length`
  /// tokens from layer `first` on, the last layer computing [CLS] alone where that is enough.
  double forward_flops(int64_t length, size_t first = 0) const;
  /// Those of a layer's attention, but not the last one's.
  double attention_flops(int64_t length) const;

  const EncoderConfig& config() const { return config_; }
  const EncoderOptions& options() const { return options_; }
  Summary summary() const { return summary_; }
  /// All tensors that the summary depends on by their Hugging Face names: what is held, but copies
  /// of matrices that are packed.
  NamedTensors tensors() const;
  /// The layers' LayerNorms (not the embeddings'), for models that train them.
  NamedTensors layer_norms() const;

 private:
  // Queries, keys and values as one product; a last layer whose queries are for [CLS] alone has
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
  // Whether a layer's queries are for [CLS] alone.
  bool cls_only(size_t layer) const {
    return layer + 1 == layers_.size() && summary_ != Summary::kMean;
  }
  void hold_frozen(Layer& layer, bool queries_apart) const;
  Projections projections(const Layer& weights, bool queries_apart) const;
  std::array<Dense, 3> queries_keys_values(const Layer& weights) const;
  torch::Tensor run_layer(size_t layer, const torch::Tensor& x, const Rows& rows,
                          const Rows& out_rows, const std::vector<LayerPlugins>& plugins,
                          Context& context) const;
  // What the heads give to the rows that ask, `asking` in `out_rows`.
  torch::Tensor mix(size_t layer, const torch::Tensor& x, const torch::Tensor& asking,
                    const Rows& rows, const Rows& out_rows, const LinearPlugins& plugins,
                    Context& context) const;
  torch::Tensor attend(size_t layer, const torch::Tensor& x, const Rows& rows, const Rows& out_rows,
                       const LayerPlugins& plugins, Context& context) const;
  torch::Tensor feed_forward(const Layer& weights, const torch::Tensor& x, const Rows& rows,
                             const LayerPlugins& plugins, Context& context) const;
  torch::Tensor add_and_norm(const SublayerOutput& out, const Rows& rows, SublayerPlugin* plugin,
                             Context& context) const;
  torch::Tensor drop(const torch::Tensor& x, const Rows& rows, Context& context) const;
  EncoderConfig config_;
  EncoderNames names_;
  EncoderOptions options_;
  Activation activation_;
  Summary summary_;
  torch::Tensor token_embeddings_, positions_, segments_;
  Norm embedding_norm_;
  Dense projection_;
  std::vector<std::shared_ptr<const Layer>> layers_;  // those that share weights point to one
  Dense pooler_;
};

}  // namespace mma
