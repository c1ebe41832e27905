#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/model.h"
#include "nn/classifier.h"
#include "nn/lora.h"
#include "nn/named_modules.h"
#include "recipe/lora_config.h"

namespace mma {

/// LoRA on text (Hu et al. 2021, arXiv:2106.09685): the chosen linear maps of the chosen layers of
/// a frozen encoder learn by matrices of low rank (nn/lora.h), and the classifier on the encoder's
/// summary. Layers that share weights have matrices of their own all the same.
/// Trained: lora.layer.N.{query,key,value,attention_out,intermediate,output}.{A,B}, classifier.*.
/// Count: L sum over targets of r (in + out) + classifier (nn/classifier.h); of BERT's queries and
/// values 4 L r H.
class LoraModel : public Model {
 public:
  LoraModel(const LoraConfig& config, const ModelParts& parts);
  torch::Tensor forward(const ModelInput& input, Context& context) override;
  std::vector<LayerPlugins> adapters() override { return plugins_; }
  BlockAxes block_axes() const override { return classifier_->block_axes("classifier."); }
  /// Forward, the gradient of activations down to the lowest matrices, and these.
  double step_flops(const std::vector<int64_t>& lengths) const override;
  /// What would be added to the backbone's matrices, by their names in its file, to make it compute
  /// what it does with the plugins: [out, in] in fp64. UserError where layers share a matrix, but
  /// not what they have learned.
  std::map<std::string, torch::Tensor> weight_changes() const;
  /// What is trained beside them: the classifier's tensors, by their names in files.
  NamedTensors head() const;

 private:
  using LayerLora = NamedModules<Lora>;
  std::shared_ptr<const Encoder> backbone_;
  Table<LinearMap> maps_;
  int64_t rank_;
  std::shared_ptr<NamedModules<std::shared_ptr<LayerLora>>> layers_;
  Classifier classifier_{nullptr};
  std::vector<LayerPlugins> plugins_;
};

}  // namespace mma
