#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace mma {

/// Sizes that the tensors of a BERT depend on.
struct BertSizes {
  int64_t vocabulary = 0, hidden = 0, layers = 0, intermediate = 0, positions = 0, segments = 2;
};

/// Names of BERT's parts outside its layers, as Hugging Face's files have them.
namespace bert_names {
inline constexpr const char* kTokens = "embeddings.word_embeddings.weight";
inline constexpr const char* kPositions = "embeddings.position_embeddings.weight";
inline constexpr const char* kSegments = "embeddings.token_type_embeddings.weight";
inline constexpr const char* kEmbeddingNorm = "embeddings.LayerNorm";
inline constexpr const char* kPooler = "pooler.dense";
}  // namespace bert_names

/// Names of the parts of one layer; ".weight" and ".bias" follow.
struct BertLayerNames {
  explicit BertLayerNames(int64_t layer);
  std::string query, key, value, attention_out, attention_norm, intermediate, output, output_norm;
};

/// What a tensor is, for who makes it.
enum class BertTensorRole { kMatrix, kBias, kScale };

/// One tensor of BERT's encoder.
struct BertTensor {
  std::string name;
  std::vector<int64_t> shape;
  BertTensorRole role;
};

/// All tensors of BERT's encoder (Devlin et al. 2019) with their shapes, by the names that Hugging
/// Face's files have: the one list for who loads, checks, makes or counts them.
std::vector<BertTensor> bert_layout(const BertSizes& sizes);

}  // namespace mma
