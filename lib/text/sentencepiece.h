#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "text/tokenizer.h"

namespace mma {

/// A SentencePiece model (Kudo and Richardson 2018, arXiv:1808.06226), loaded and its text
/// normalized by google's library; the ids are the model's own, as version 0.2.2 gives them. For
/// [CLS] stands the first of the pieces "[CLS]", "<s>" and the model's bos, for [SEP] the first of
/// "[SEP]", "</s>" and eos; what a model lacks is not added. Throws UserError for what is not a
/// model, and for one whose text could spell those pieces.
std::unique_ptr<Tokenizer> load_sentencepiece(const std::filesystem::path& file);

}  // namespace mma
