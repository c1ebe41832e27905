#pragma once
#include <string>

#include "text/tokenizer_json.h"

namespace mma {

/// A tokenizer.json with model.type Unigram (as XLM-RoBERTa's is published) as a SentencePiece
/// model with the same ids: the vocabulary's pieces and scores, unk_id, special added tokens as
/// control symbols, and the rules of the normalizer Precompiled. UserError for what google's
/// library would do otherwise than the file says.
std::string unigram_json_model(const JsonPart& tokenizer);

}  // namespace mma
