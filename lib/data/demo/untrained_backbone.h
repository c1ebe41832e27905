#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mma {

/// What a BERT in Hugging Face layout is, without its numbers.
struct BertShape {
  int64_t layers = 2, hidden = 128, heads = 2, max_positions = 512;
  double std = 0.02;  ///< of the normal distribution that weights are drawn from
  int64_t intermediate() const { return 4 * hidden; }
};

/// A BERT that has learned nothing, drawn from a seed.
struct UntrainedBert {
  BertShape shape;
  std::vector<std::string> vocabulary;  ///< one token an id
  bool lowercase = true;
  uint64_t seed = 1;
  std::string about;                ///< for ABOUT.json: what it is and is not good for
  std::vector<float> word_vectors;  ///< [V, hidden]; empty: drawn like the rest
};
/// Writes config.json, vocab.txt, tokenizer_config.json, ABOUT.json and model.safetensors.
void write_bert(const std::filesystem::path& folder, const UntrainedBert& bert);

struct BackboneOptions {
  std::string size;             ///< tiny, mini, base
  std::filesystem::path vocab;  ///< vocab.txt
  std::filesystem::path out;
};
/// `mma-prep backbone`. UserError where `out` holds a model already. Returns a line to print.
std::string write_untrained_backbone(const BackboneOptions& options);

}  // namespace mma
