#pragma once
#include "models/model.h"
#include "nn/adapter_fusion.h"
#include "nn/classifier.h"
#include "nn/named_modules.h"
#include "recipe/adapter_fusion_config.h"

namespace mma {

/// The fusions of one layer, where an adapter of some part stands.
struct LayerFusionImpl : torch::nn::Module {
  void add(const std::string& place, const AdapterFusion& fusion) {
    (place == "attention" ? attention : output) = register_module(place, fusion);
  }
  AdapterFusion attention{nullptr}, output{nullptr};
};
TORCH_MODULE(LayerFusion);

/// AdapterFusion, stage two (Pfeiffer et al. 2021, arXiv:2005.00247): the adapters of models that
/// were trained before stand side by side in a frozen BERT, frozen as well, and an attention over
/// them (nn/adapter_fusion.h) is learned in every place, with a new classifier. Each part may see
/// text and modalities of its own. The loss has 0.01 |V - I|^2 of every place added.
/// Trained: fusion.layer.N.{attention,output}.{query,key,value}.*, classifier.*. Count: places
/// (3 H^2 + 2 H) + H (H + 1) + 2 H + C (H + 1).
class FusedAdapters : public Model {
 public:
  FusedAdapters(const FusedAdaptersConfig& config, const ModelParts& parts);
  torch::Tensor forward(const ModelInput& input, Context& context) override;
  torch::Tensor penalty() override;
  BlockAxes block_axes() const override { return classifier_->block_axes("classifier."); }
  double step_flops(const std::vector<int64_t>& lengths) const override;

 private:
  std::shared_ptr<const Encoder> backbone_;
  std::vector<std::pair<std::string, std::shared_ptr<Model>>> parts_;
  double value_regulariser_;
  std::vector<AdapterFusion> fusions_;
  Classifier classifier_{nullptr};
  std::vector<LayerPlugins> plugins_;
};

}  // namespace mma
