#include "backbones/encoder_config.h"

#include "backbones/config_reader.h"
#include "backbones/encoder_family.h"

namespace mma {

size_t EncoderConfig::weights_of(size_t layer) const {
  if (layer_groups == 0) return layer;
  return layer * static_cast<size_t>(layer_groups) / static_cast<size_t>(num_hidden_layers);
}

EncoderConfig no_encoder() {
  EncoderConfig config;
  config.vocab_size = config.hidden_size = config.num_hidden_layers = config.num_attention_heads =
      config.intermediate_size = config.max_position_embeddings = config.type_vocab_size = 0;
  config.pooler = false;
  return config;
}

EncoderConfig read_encoder_config(const std::filesystem::path& path) {
  ConfigReader reader(path);
  EncoderConfig config;
  config.family = reader.family(names_of(encoder_families()));
  pick(encoder_families(), "model_type", config.family).read(reader, config);
  reader.check_heads(config);
  reader.raise();
  return config;
}

EncoderNames encoder_names(const EncoderConfig& config) {
  auto names = pick(encoder_families(), "model_type", config.family).names(config);
  if (!config.pooler) names.pooler.clear();
  return names;
}

std::vector<EncoderTensor> encoder_tensors(const EncoderConfig& c) {
  if (c.num_hidden_layers == 0) return {};
  return encoder_layout(encoder_names(c),
                        {c.vocab_size, c.hidden_size, c.intermediate_size,
                         c.max_position_embeddings, c.type_vocab_size, c.embedding_width()});
}

std::string prefixed_name(const EncoderConfig& config, const std::string& name) {
  return pick(encoder_families(), "model_type", config.family).prefix + name;
}

}  // namespace mma
