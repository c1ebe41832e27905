#include "backbones/encoder_family.h"

namespace mma {
namespace {

void read_electra(ConfigReader& reader, EncoderConfig& c) {
  read_bert_keys(reader, c);
  c.embedding_size = 128;
  reader.optional_count("embedding_size", c.embedding_size, 1, 65'536);
  c.pooler = false;
}

EncoderNames electra_names(const EncoderConfig& c) {
  auto names = bert_names(c.num_hidden_layers);
  names.pooler = "";
  if (c.embedding_width() != c.hidden_size) names.projection = "embeddings_project";
  return names;
}

}  // namespace

EncoderFamily electra_family() { return {read_electra, electra_names, "electra."}; }

}  // namespace mma
