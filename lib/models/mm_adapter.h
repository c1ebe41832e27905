#pragma once
#include <memory>
#include <string>
#include <vector>

#include "models/model.h"
#include "nn/adapter.h"
#include "nn/classifier.h"
#include "nn/named_modules.h"
#include "recipe/mm_adapter_config.h"

namespace mma {

/// The adapters of one layer: after both sub-layers, or of the feed-forward alone.
struct LayerAdaptersImpl : torch::nn::Module {
  LayerAdaptersImpl(const AdapterOptions& options, bool after_attention);
  MultimodalAdapter attention{nullptr}, output{nullptr};
};
TORCH_MODULE(LayerAdapters);

/// Multimodal Adapters: a frozen BERT with an adapter after each of the two sub-layers of every
/// layer, in which text meets the other modalities, and a classifier on BERT's pooled [CLS]. With
/// no modality it is the same model on text alone.
/// Trained: adapters.layer.N.{attention,output}.*, classifier.*, and by option the layers'
/// LayerNorms. Count: 2 L (adapter, see nn/adapter.h) + classifier (nn/classifier.h); placement
/// pfeiffer (Pfeiffer et al. 2021, arXiv:2005.00247) has one adapter a layer, after the
/// feed-forward, and placement parallel (He et al. 2022, arXiv:2110.04366) one beside it: L
/// adapters. With shared modality projections, those are adapters.shared.{norm,
/// down}.MODALITY.*, once for all adapters.
class MmAdapter : public Model {
 public:
  MmAdapter(const MmAdapterConfig& config, const ModelParts& parts);
  torch::Tensor forward(const ModelInput& input, Context& context) override;
  /// With frozen_prefix cached: the hidden states below the lowest adapter, [N, H].
  torch::Tensor precompute(const ModelInput& input) override;
  Precomputed precomputed() const override;
  NamedTensors trained() override;
  BlockAxes block_axes() const override;
  std::vector<LayerPlugins> adapters() override { return plugins_; }
  /// Forward, the gradient of activations down to the lowest adapter, and adapters' weights.
  double step_flops(const std::vector<int64_t>& lengths) const override;

 private:
  std::shared_ptr<const Encoder> backbone_;
  int64_t bottleneck_;
  bool train_layer_norms_;
  size_t cached_layers_ = 0;  // below the lowest adapter, where they are cached
  DownProjections shared_{nullptr};
  std::shared_ptr<NamedModules<LayerAdapters>> layers_;
  Classifier classifier_{nullptr};
  std::vector<LayerPlugins> plugins_;
};

}  // namespace mma
