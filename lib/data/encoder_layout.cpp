#include "data/encoder_layout.h"

namespace mma {

LayerNames bert_layer_names(int64_t layer) {
  auto at = "encoder.layer." + std::to_string(layer) + ".";
  return {.query = at + "attention.self.query",
          .key = at + "attention.self.key",
          .value = at + "attention.self.value",
          .attention_out = at + "attention.output.dense",
          .attention_norm = at + "attention.output.LayerNorm",
          .intermediate = at + "intermediate.dense",
          .output = at + "output.dense",
          .output_norm = at + "output.LayerNorm"};
}

EncoderNames bert_names(int64_t layers) {
  EncoderNames names;
  names.tokens = "embeddings.word_embeddings.weight";
  names.positions = "embeddings.position_embeddings.weight";
  names.segments = "embeddings.token_type_embeddings.weight";
  names.embedding_norm = "embeddings.LayerNorm";
  for (int64_t l = 0; l < layers; ++l) names.layers.push_back(bert_layer_names(l));
  names.pooler = "pooler.dense";
  return names;
}

Table<LinearMap> linear_maps(int64_t h, int64_t f) {
  return {{"query", {&LayerNames::query, h, h}},
          {"key", {&LayerNames::key, h, h}},
          {"value", {&LayerNames::value, h, h}},
          {"attention_out", {&LayerNames::attention_out, h, h}},
          {"intermediate", {&LayerNames::intermediate, f, h}},
          {"output", {&LayerNames::output, h, f}}};
}

std::vector<EncoderTensor> encoder_layout(const EncoderNames& names, const EncoderSizes& s) {
  std::vector<EncoderTensor> all;
  const int64_t embedding = s.embedding > 0 ? s.embedding : s.hidden;
  auto table = [&](const std::string& name, int64_t rows) {
    if (!name.empty()) all.push_back({name, {rows, embedding}, TensorRole::kMatrix});
  };
  auto dense = [&](const std::string& name, int64_t out, int64_t in) {
    if (name.empty()) return;
    all.push_back({name + ".weight", {out, in}, TensorRole::kMatrix});
    all.push_back({name + ".bias", {out}, TensorRole::kBias});
  };
  auto norm = [&](const std::string& name, int64_t width) {
    all.push_back({name + ".weight", {width}, TensorRole::kScale});
    all.push_back({name + ".bias", {width}, TensorRole::kBias});
  };
  table(names.tokens, s.vocabulary);
  table(names.positions, s.positions);
  table(names.segments, s.segments);
  norm(names.embedding_norm, embedding);
  dense(names.projection, s.hidden, embedding);
  for (auto& layer : names.layers) {
    for (auto& name : {layer.query, layer.key, layer.value}) dense(name, s.hidden, s.hidden);
    dense(layer.attention_out, s.hidden, s.hidden);
    norm(layer.attention_norm, s.hidden);
    dense(layer.intermediate, s.intermediate, s.hidden);
    dense(layer.output, s.hidden, s.intermediate);
    norm(layer.output_norm, s.hidden);
  }
  dense(names.pooler, s.hidden, s.hidden);
  return all;
}

}  // namespace mma
