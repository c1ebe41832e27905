#include "data/bert_layout.h"

namespace mma {

BertLayerNames::BertLayerNames(int64_t layer) {
  auto at = "encoder.layer." + std::to_string(layer) + ".";
  query = at + "attention.self.query";
  key = at + "attention.self.key";
  value = at + "attention.self.value";
  attention_out = at + "attention.output.dense";
  attention_norm = at + "attention.output.LayerNorm";
  intermediate = at + "intermediate.dense";
  output = at + "output.dense";
  output_norm = at + "output.LayerNorm";
}

std::vector<BertTensor> bert_layout(const BertSizes& s) {
  std::vector<BertTensor> all;
  auto dense = [&](const std::string& name, int64_t out, int64_t in) {
    all.push_back({name + ".weight", {out, in}, BertTensorRole::kMatrix});
    all.push_back({name + ".bias", {out}, BertTensorRole::kBias});
  };
  auto norm = [&](const std::string& name) {
    all.push_back({name + ".weight", {s.hidden}, BertTensorRole::kScale});
    all.push_back({name + ".bias", {s.hidden}, BertTensorRole::kBias});
  };
  all.push_back({bert_names::kTokens, {s.vocabulary, s.hidden}, BertTensorRole::kMatrix});
  all.push_back({bert_names::kPositions, {s.positions, s.hidden}, BertTensorRole::kMatrix});
  all.push_back({bert_names::kSegments, {s.segments, s.hidden}, BertTensorRole::kMatrix});
  norm(bert_names::kEmbeddingNorm);
  for (int64_t l = 0; l < s.layers; ++l) {
    BertLayerNames names(l);
    for (auto& name : {names.query, names.key, names.value}) dense(name, s.hidden, s.hidden);
    dense(names.attention_out, s.hidden, s.hidden);
    norm(names.attention_norm);
    dense(names.intermediate, s.intermediate, s.hidden);
    dense(names.output, s.hidden, s.intermediate);
    norm(names.output_norm);
  }
  dense(bert_names::kPooler, s.hidden, s.hidden);
  return all;
}

}  // namespace mma
