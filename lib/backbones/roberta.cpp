#include "backbones/encoder_family.h"

namespace mma {
namespace {

// The first rows of the positions' table belong to padding, and to what comes before it.
void read_roberta(ConfigReader& reader, EncoderConfig& c) {
  read_bert_keys(reader, c);
  int64_t padding = 1;
  reader.optional_count("pad_token_id", padding, 0, c.max_position_embeddings - 2);
  c.position_offset = padding + 1;
}

EncoderNames roberta_names(const EncoderConfig& c) { return bert_names(c.num_hidden_layers); }

}  // namespace

EncoderFamily roberta_family() { return {read_roberta, roberta_names, "roberta."}; }

}  // namespace mma
