#pragma once
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backbones/encoder.h"
#include "data/modality_size.h"
#include "models/batch_plan.h"
#include "nn/block_axis.h"
#include "nn/context.h"

namespace mma {

class Model;

/// What every model is built from.
struct ModelParts {
  std::shared_ptr<const Encoder> backbone;  ///< none for a model that reads no text
  std::vector<ModalitySize> modalities;     ///< in the recipe's order
  int64_t labels = 0;                       ///< C
  uint64_t seed = 1;
  /// Trained models that this one is made of, by the names in its recipe (ModelConfig::from).
  std::vector<std::pair<std::string, std::shared_ptr<Model>>> trained = {};
  torch::Device device = torch::kCPU;  ///< where it computes without a backbone
};

/// A trainable system. It names what it trains; everything else is frozen.
class Model : public torch::nn::Module {
 public:
  /// What it reads of a batch: the texts, unless it puts something beside them. Called ahead of the
  /// step, on another thread.
  virtual Sequences sequences(const Batch& batch) const { return text_sequences(batch); }
  /// Logits [B, C] in fp32.
  virtual torch::Tensor forward(const ModelInput& input, Context& context) = 0;
  /// The trained tensors (fp32 leaves on the device) by their names in files, in a fixed order: all
  /// parameters of this module, unless a model says otherwise.
  virtual NamedTensors trained();
  /// Those of them that do not learn in this epoch, counted from 0.
  virtual NamedTensors frozen_parameters(int64_t /*epoch*/) { return {}; }
  /// What is learned without gradients (a batch norm's running mean) and belongs to the model.
  virtual NamedTensors state();
  /// Which of these tensors, trained or state, are made of blocks, for a model that begins with
  /// what another has learned of the same labels and inputs (ModelConfig::inputs has their order).
  virtual BlockAxes block_axes() const { return {}; }
  /// Added to the loss of each step; undefined for nothing.
  virtual torch::Tensor penalty() { return {}; }
  /// Called after each step of the optimizer: bounds on weights.
  virtual void post_step() {}
  /// Whether a sample's result in training depends on the others of its batch (batch norm), so that
  /// several processes each compute whole steps.
  virtual bool needs_whole_batches() const { return false; }
  /// Whether the frozen parts' results are all that the rest sees of the text, so that they are
  /// computed once and given back in ModelInput::precomputed.
  virtual Precomputed precomputed() const { return {}; }
  /// What the frozen parts make of each sample, [B, D], or of each token, [N, D], as precomputed()
  /// says; undefined for nothing.
  virtual torch::Tensor precompute(const ModelInput& /*input*/) { return {}; }
  /// The plugins of each layer of the backbone, for models that are made of adapters; else empty.
  virtual std::vector<LayerPlugins> adapters() { return {}; }
  /// Floating-point operations of the matrix products in a training step over samples of these
  /// lengths, counting real tokens only: what a speed is compared with the machine's peak by.
  virtual double step_flops(const std::vector<int64_t>& lengths) const = 0;
};

/// A batch laid out for a model. `precomputed`: of its split, if there is anything.
BatchPlan plan_batch(const Model& model, Batch batch, const Compute& compute,
                     const PrecomputedRows& precomputed = {});

}  // namespace mma
