#pragma once
#include "backbones/backbone_folder.h"
#include "models/model.h"
#include "recipe/model_config.h"

namespace mma {

/// Loads a backbone's weights as `model` wants them (its dropout, trained or frozen) and as
/// `compute` has them held.
std::shared_ptr<const Bert> load_backbone(const Backbone& backbone, const ModelConfig& model,
                                          const Compute& compute);

/// A batch's texts as the backbone's first hidden states, [N, H].
torch::Tensor embed_text(const Bert& backbone, const ModelInput& input, Context& context);

/// Tensors of the backbone that a model trains, by their names in its file: "bert." in front.
NamedTensors named_as_trained(const NamedTensors& backbone_tensors);

/// Operations of the matrix products of a training step over a sample of `length` tokens, in a
/// model of plugins on a frozen backbone: forward from layer `first` on, the activations' gradient
/// down to the lowest plugin, and three times `place` for each row at each plugin.
double plugin_step_flops(const Bert& backbone, const std::vector<LayerPlugins>& plugins,
                         int64_t length, double place, size_t first = 0);
/// The lowest layer with a plugin.
size_t lowest_plugin(const std::vector<LayerPlugins>& plugins);

}  // namespace mma
