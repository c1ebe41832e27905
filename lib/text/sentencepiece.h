#pragma once
#include <memory>

#include "text/tokenizer.h"
#include "text/tokenizer_files.h"

namespace mma {

/// A SentencePiece model (Kudo and Richardson 2018, arXiv:1808.06226), loaded and its text
/// normalized by google's library; the ids are the model's own, as version 0.2.2 gives them. For
/// [CLS] stands the first of the pieces "[CLS]", "<s>" and the model's bos, for [SEP] the first of
/// "[SEP]", "</s>" and eos; what a model lacks is not added. Throws UserError for what is not a
/// model, and for one whose text could spell those pieces.
///
/// For ALBERT text is prepared first (albert_text()), and a piece that ends in a digit and a comma
/// is cut again without the comma, as Hugging Face's AlbertTokenizer does.
std::unique_ptr<Tokenizer> load_sentencepiece(const SentencePieceFiles& files);

}  // namespace mma
