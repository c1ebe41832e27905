#pragma once
#include <string>

#include "backbones/config_reader.h"
#include "backbones/encoder_config.h"
#include "base/names.h"

namespace mma {

/// A kind of text encoder: how its config.json and its tensors are named, and where it differs from
/// BERT. What they compute is one class (backbones/encoder.h).
struct EncoderFamily {
  void (*read)(ConfigReader& reader, EncoderConfig& config);
  EncoderNames (*names)(const EncoderConfig& config);
  std::string prefix;  ///< of its tensors in a file of a model with heads
};

/// All of them by model_type; a new one is its file and one row here.
const Table<EncoderFamily>& encoder_families();

/// BERT, and what has its layout (MiniLM, BGE, E5, GTE, ...).
EncoderFamily bert_family();

/// The keys of config.json that BERT's offspring has kept.
void read_bert_keys(ConfigReader& reader, EncoderConfig& config);

}  // namespace mma
