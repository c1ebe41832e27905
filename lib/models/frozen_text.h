#pragma once
#include <torch/types.h>

#include "base/names.h"
#include "models/model.h"

namespace mma {

/// A text as one vector of a frozen BERT, without dropout since nothing in it learns: [B, H] fp32.
using TextVector = torch::Tensor (*)(const Bert& backbone, const ModelInput& input);

/// pooled: BERT's pooler on [CLS]; cls: the last layer's [CLS]; mean: the mean over the last
/// layer's tokens.
const Table<TextVector>& text_vectors();

}  // namespace mma
