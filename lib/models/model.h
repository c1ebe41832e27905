#pragma once
#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/config.h"
#include "data/batch.h"
#include "nn/bert.h"
#include "nn/context.h"

namespace mma {

/// A batch as tensors on the model's device.
struct ModelInput {
  torch::Tensor ids, positions, segments;  ///< [N] int64
  Rows rows;
  std::map<std::string, ModalityValues> modalities;
  torch::Tensor labels;  ///< [B, C] fp32
  int64_t samples() const { return rows.samples(); }
};
/// Copies a batch to the device; `type` is the compute type.
ModelInput to_input(const Batch& batch, const BertOptions& options);

/// What every model is built from.
struct ModelParts {
  std::shared_ptr<const Bert> backbone;
  std::vector<ModalitySize> modalities;  ///< in the recipe's order
  int64_t labels = 0;                    ///< C
  uint64_t seed = 1;
};

/// A trainable system. It names what it trains; everything else is frozen.
class Model : public torch::nn::Module {
 public:
  /// Logits [B, C] in fp32.
  virtual torch::Tensor forward(const ModelInput& input, Context& context) = 0;
  /// The trained tensors (fp32 leaves on the device) by their names in files, in a fixed order.
  virtual NamedTensors trained() = 0;
  /// Floating-point operations of the matrix products in a training step over samples of these
  /// lengths, counting real tokens only: what a speed is compared with the machine's peak by.
  virtual double step_flops(const std::vector<int64_t>& lengths) const = 0;
};

/// A model's section of the recipe, and how to build it.
class ModelConfig {
 public:
  virtual ~ModelConfig() = default;
  virtual void fields(Fields& f) = 0;
  /// What the recipe changes of the backbone's own configuration (dropout).
  virtual void adjust(BertConfig&) const {}
  /// Adds faults that only show once the backbone is known; `modalities` are the recipe's.
  virtual void check(const BertConfig&, const std::vector<std::string>& /*modalities*/,
                     Faults&) const {}
  virtual std::shared_ptr<Model> build(const ModelParts& parts) const = 0;
};

}  // namespace mma
