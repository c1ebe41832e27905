#pragma once
#include <memory>
#include <string>
#include <vector>

#include "models/backbone_dropout.h"
#include "models/model.h"
#include "nn/adapter.h"
#include "nn/classifier.h"
#include "nn/named_modules.h"

namespace mma {

/// Largest bottleneck of an adapter, whoever asks for it.
constexpr int64_t kWidestBottleneck = 65536;

/// The recipe's section of MmAdapter.
struct MmAdapterConfig : ModelConfig {
  int64_t bottleneck = 64;
  std::string activation = "gelu_tanh";
  std::string layers = "all";
  std::string placement = "houlsby";
  BackboneDropout dropout;
  double init_std = 0.05, up_init_std = 1e-3;
  bool train_layer_norms = false;
  bool share_modality_projections = false;
  std::string frozen_prefix = "recomputed";
  bool layer_norm = true, after_norm = false;  // see AdapterOptions
  void fields(Fields& f) override;
  void adjust(BertConfig& config) const override { dropout.adjust(config); }
  std::string unfit_as_part() const override;
  void check(const ModelSetting& setting, Faults& faults) const override;
  std::shared_ptr<Model> build(const ModelParts& parts) const override;
};

/// The adapters of one layer: after both sub-layers, or after the feed-forward alone.
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
/// feed-forward: L adapters. With shared modality projections, those are adapters.shared.{norm,
/// down}.MODALITY.*, once for all adapters.
class MmAdapter : public Model {
 public:
  MmAdapter(const MmAdapterConfig& config, const ModelParts& parts);
  torch::Tensor forward(const ModelInput& input, Context& context) override;
  /// With frozen_prefix cached: the hidden states below the lowest adapter, [N, H].
  torch::Tensor frozen(const ModelInput& input) override;
  FrozenPer frozen_per() const override {
    return cached_layers_ > 0 ? FrozenPer::kToken : FrozenPer::kNothing;
  }
  NamedTensors trained() override;
  std::vector<LayerPlugins> adapters() override { return plugins_; }
  /// Forward, the gradient of activations down to the lowest adapter, and adapters' weights.
  double step_flops(const std::vector<int64_t>& lengths) const override;

 private:
  std::shared_ptr<const Bert> backbone_;
  int64_t bottleneck_;
  bool train_layer_norms_;
  size_t cached_layers_ = 0;  // below the lowest adapter, where they are cached
  DownProjections shared_{nullptr};
  std::shared_ptr<NamedModules<LayerAdapters>> layers_;
  Classifier classifier_{nullptr};
  std::vector<LayerPlugins> plugins_;
};

/// "all", or layers counted from 1 as in "7-12" or "1,3,5-6", as one flag a layer. UserError.
std::vector<bool> parse_layers(const std::string& text, int64_t count);

}  // namespace mma
