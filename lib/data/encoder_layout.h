#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/names.h"

namespace mma {

/// Sizes that the tensors of a text encoder depend on.
struct EncoderSizes {
  int64_t vocabulary = 0, hidden = 0, intermediate = 0, positions = 0, segments = 2;
  int64_t embedding = 0;  ///< width of a token's vector; 0: hidden
};

/// Names of the parts of one layer; ".weight" and ".bias" follow.
struct LayerNames {
  std::string query, key, value, attention_out, attention_norm, intermediate, output, output_norm;
};

/// Names of an encoder's parts as Hugging Face's files have them. A part without a name is not
/// there. Embeddings are whole tensors; of the others ".weight" and ".bias" follow.
struct EncoderNames {
  std::string tokens, positions, segments;
  std::string embedding_norm;
  std::string projection;          ///< from the tokens' width to that of the layers
  std::vector<LayerNames> layers;  ///< each set of weights once, where layers share them
  std::string pooler;
};

/// Those of BERT.
EncoderNames bert_names(int64_t layers);
/// A layer of BERT, and of what has kept its names.
LayerNames bert_layer_names(int64_t layer);

/// A linear map of a layer, W [out, in] x + b.
struct LinearMap {
  std::string LayerNames::*names;  ///< of its tensors
  int64_t out = 0, in = 0;
};
/// The six of a layer by their names in recipes.
Table<LinearMap> linear_maps(int64_t hidden, int64_t intermediate);

/// What a tensor is, for who makes it.
enum class TensorRole { kMatrix, kBias, kScale };

/// One tensor of an encoder.
struct EncoderTensor {
  std::string name;
  std::vector<int64_t> shape;
  TensorRole role;
};

/// All tensors of an encoder with their shapes: the one list for who loads, checks, makes or counts
/// them.
std::vector<EncoderTensor> encoder_layout(const EncoderNames& names, const EncoderSizes& sizes);

}  // namespace mma
