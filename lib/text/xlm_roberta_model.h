#pragma once
#include <string>
#include <string_view>

#include "text/sentencepiece_model.h"

namespace mma {

/// Whether the model begins as those that XLM-RoBERTa's ids are made from: <unk>, <s>, </s>.
bool fits_xlm_roberta(const SentencePieceModel& model);

/// XLM-RoBERTa's ids (Conneau et al. 2020, arXiv:1911.02116) come from fairseq: <s> 0, <pad> 1,
/// </s> 2, <unk> 3, piece i of its SentencePiece model (i >= 3) is i + 1, <mask> is last. Makes of
/// that model (`bytes`) one whose own ids these are. `file` names it in the UserError.
std::string xlm_roberta_model(std::string_view bytes, const std::string& file);

}  // namespace mma
