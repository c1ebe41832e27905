#pragma once
#include "models/input_vectors.h"
#include "nn/batch_norm.h"
#include "nn/maxout.h"
#include "nn/named_modules.h"
#include "recipe/late_fusion_config.h"

namespace mma {

/// Late fusion of one vector an input: the text's from a frozen encoder (its summary; with text:
/// none it is no input), and one a modality:
///   p_i = W_i bn_i(x_i),  h_i = tanh(p_i)                of k inputs, no biases
/// gmu: the Gated Multimodal Unit of Arevalo et al. 2017 (arXiv:1702.01992, section 3.1), whose
/// gates see the projections before tanh, c = [p_1; ...; p_k]:
///   k = 2   z = sigmoid(V c),  z * h_1 + (1 - z) * h_2
///   k > 2   sum_i sigmoid(V_i c) * h_i                    k = 1: h_1
/// concat: [h_1; ...; h_k]. Then the maxout classifier (nn/maxout.h) on d inputs (gmu: h, concat:
/// k h). An input that a sample lacks has p = h = 0 and no part in its batch norm; with k = 2 the
/// gate is then wholly the other's.
/// Trained: norm.NAME.{weight,bias}, proj.NAME.weight, gates.NAME.weight (gmu; k = 2: the first
/// alone), bn*, lin*; batch norms' running figures belong to the model as well. Count:
///   sum_i (2 d_i + h d_i) + gates k h^2 (gates: 0, 1 or k) + classifier.
class LateFusion : public Model {
 public:
  LateFusion(const LateFusionConfig& config, const ModelParts& parts);
  torch::Tensor forward(const ModelInput& input, Context& context) override;
  torch::Tensor precompute(const ModelInput& input) override { return inputs_.precompute(input); }
  Precomputed precomputed() const override { return inputs_.precomputed(); }
  bool needs_whole_batches() const override { return true; }
  void post_step() override;
  BlockAxes block_axes() const override;
  double step_flops(const std::vector<int64_t>& lengths) const override;

 private:
  torch::Tensor gate(const std::vector<torch::Tensor>& projected,
                     const std::vector<torch::Tensor>& present, Context& context);
  InputVectors inputs_;
  bool gated_;
  double max_norm_;
  std::shared_ptr<NamedModules<BatchNorm>> norm_;
  std::shared_ptr<NamedModules<torch::nn::Linear>> proj_, gates_;
  MaxoutClassifier classifier_{nullptr};
};

}  // namespace mma
