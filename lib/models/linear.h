#pragma once
#include "models/input_vectors.h"
#include "nn/batch_norm.h"
#include "nn/classifier.h"
#include "nn/named_modules.h"
#include "recipe/linear_config.h"

namespace mma {

/// The floor of every table: the classifier alone (nn/classifier.h),
///   text: summary   on the frozen encoder's summary of the text, H numbers
///   text: none      on the modalities' vectors side by side, each through a batch norm of its own,
///                   0 where a sample lacks it; H = sum_i d_i
/// The backbone has no dropout, since nothing in it learns. Trained: classifier.*, that is
/// H (H + 1) + 2 H + C (H + 1) numbers, and without text norm.NAME.{weight,bias}, 2 H more.
class FrozenLinear : public Model {
 public:
  FrozenLinear(const FrozenLinearConfig& config, const ModelParts& parts);
  torch::Tensor forward(const ModelInput& input, Context& context) override;
  torch::Tensor precompute(const ModelInput& input) override { return inputs_.precompute(input); }
  Precomputed precomputed() const override { return inputs_.precomputed(); }
  bool needs_whole_batches() const override { return !inputs_.has_text(); }
  BlockAxes block_axes() const override;
  double step_flops(const std::vector<int64_t>& lengths) const override;

 private:
  InputVectors inputs_;
  int64_t width_ = 0;  // H
  std::shared_ptr<NamedModules<BatchNorm>> norm_;
  Classifier classifier_{nullptr};
};

}  // namespace mma
