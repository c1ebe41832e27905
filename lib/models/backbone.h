#pragma once
#include "models/model.h"

namespace mma {

/// A batch's texts as the backbone's first hidden states, [N, H].
torch::Tensor embed_text(const Bert& backbone, const ModelInput& input, Context& context);

/// Tensors of the backbone that a model trains, by their names in its file: "bert." in front.
NamedTensors named_as_trained(const NamedTensors& backbone_tensors);

}  // namespace mma
