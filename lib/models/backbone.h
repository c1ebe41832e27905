#pragma once
#include "backbones/backbone_folder.h"
#include "models/model.h"
#include "recipe/model_config.h"

namespace mma {

/// Loads a backbone's weights as `model` wants them (its dropout, trained or frozen) and as
/// `compute` has them held. None for a model that reads no text.
std::shared_ptr<const Encoder> load_backbone(const Backbone& backbone, const ModelConfig& model,
                                             const Compute& compute);

/// A batch's texts as the backbone's first hidden states, [N, H].
torch::Tensor embed_text(const Encoder& backbone, const ModelInput& input, Context& context);

/// A batch's texts as one vector each, without dropout since nothing in it learns: the frozen
/// backbone's summary, [B, H] fp32.
torch::Tensor frozen_summary(const Encoder& backbone, const ModelInput& input);

/// Tensors of the backbone that a model trains, by their names in its file: "bert." in front, or
/// what its family has.
NamedTensors named_as_trained(const Encoder& backbone, const NamedTensors& tensors);

/// Operations of the backbone's matrix products in a training step over a sample of `length`
/// tokens, in a model of plugins on it, frozen: forward from layer `first` on, and the activations'
/// gradient down to the lowest plugin.
double frozen_step_flops(const Encoder& backbone, const std::vector<LayerPlugins>& plugins,
                         int64_t length, size_t first = 0);
/// The same with plugins behind sub-layers: three times `place` more for each row at each of them.
double plugin_step_flops(const Encoder& backbone, const std::vector<LayerPlugins>& plugins,
                         int64_t length, double place, size_t first = 0);
/// Rows of a text of `length` tokens that a layer gives out.
int64_t rows_out(const Encoder& backbone, size_t layer, int64_t length);
/// The lowest layer with a plugin.
size_t lowest_plugin(const std::vector<LayerPlugins>& plugins);

}  // namespace mma
