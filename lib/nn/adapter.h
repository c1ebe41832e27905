#pragma once
#include <torch/nn/modules/linear.h>

#include <string>
#include <vector>

#include "nn/activation.h"
#include "nn/down_projections.h"
#include "nn/gmu.h"
#include "nn/named_modules.h"
#include "nn/sublayer_plugin.h"

namespace mma {

/// Sizes and choices of one adapter.
struct AdapterOptions {
  int64_t hidden = 768;                  ///< H, width of the backbone
  int64_t bottleneck = 64;               ///< p
  Activation activation = nullptr;       ///< f
  std::vector<ModalitySize> modalities;  ///< none: a bottleneck adapter on text
  bool layer_norm = true;                ///< LayerNorms in front of the down-projections
  /// Text's input is the backbone's LayerNorm of the residual sum, as in the adapters of Pfeiffer
  /// et al. 2021, instead of the sub-layer's output.
  bool after_norm = false;
  /// Beside the sub-layer instead of behind it (He et al. 2022, arXiv:2110.04366): text's input is
  /// the sub-layer's own.
  bool parallel = false;
  double scaling = 1;  ///< s
  /// The modalities' down-projections where all adapters of a model share them, else empty.
  DownProjections shared{nullptr};
};

/// Multimodal Adapter: a bottleneck in which text meets the sample's other modalities.
///   h_t = f(W_t LN(x) + b_t) for each token x,   h_m = f(W_m LN(v_m) + b_m) for each sample
///   y = x + s (W_up GMU(h_t, h_1, ...) + b_up)
/// (Text's x in h_t is another where the options say so.)
/// Without modalities it is the adapter of Houlsby et al. 2019 (arXiv:1902.00751) with a LayerNorm
/// in front. Parameters: {norm,down}.{text,MODALITY}.{weight,bias} (nn/down_projections.h; text
/// alone where the modalities' are shared), gate.{text,MODALITY}.weight (nn/gmu.h),
/// up.{weight,bias}. Counts with widths d_m, d_text = H:
///   sum over inputs i of (2 d_i + p d_i + p)  +  GMU  +  H p + H.
struct MultimodalAdapterImpl : SublayerPlugin {
  explicit MultimodalAdapterImpl(AdapterOptions options);
  /// y - x, [N, H]; the context must hold each of the adapter's modalities.
  torch::Tensor delta(const SublayerOutput& output, const Rows& rows, Context& context) override;
  /// Weights as a function of (seed, prefix + name): up-projection of standard deviation `up_std`
  /// (small: the adapter starts near the identity), other matrices `std`, biases 0, norms 1.
  void initialise(double std, double up_std, uint64_t seed, const std::string& prefix);
  /// Of its gates.
  BlockAxes block_axes(const std::string& prefix) const { return gmu_->block_axes(prefix); }

 private:
  AdapterOptions options_;
  DownProjections down_{nullptr};
  Gmu gmu_{nullptr};
  torch::nn::Linear up_{nullptr};
};
TORCH_MODULE(MultimodalAdapter);

}  // namespace mma
