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
/// RoBERTa (Liu et al. 2019, arXiv:1907.11692) and XLM-RoBERTa (Conneau et al. 2020,
/// arXiv:1911.02116): BERT with one segment, whose positions begin behind padding's.
EncoderFamily roberta_family();
/// DistilBERT (Sanh et al. 2019, arXiv:1910.01108): no segments, no pooler, no dropout behind the
/// attention's output matrix.
EncoderFamily distilbert_family();
/// ALBERT (Lan et al. 2020, arXiv:1909.11942): narrow token vectors that are projected to the
/// layers' width, layers that share their weights, no dropout behind the feed-forward.
EncoderFamily albert_family();
/// ELECTRA's discriminator (Clark et al. 2020, arXiv:2003.10555): as BERT without a pooler, with
/// token vectors of their own width.
EncoderFamily electra_family();

/// The keys of config.json that BERT's offspring has kept.
void read_bert_keys(ConfigReader& reader, EncoderConfig& config);

}  // namespace mma
