#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "text/albert_text.h"
#include "text/byte_bpe.h"
#include "text/wordpiece.h"

namespace mma {

/// What the files of a tokenizer say; `source` is for messages.
struct WordPieceFiles {
  std::vector<std::string> pieces;
  WordPieceOptions options;
  std::string source;
};
struct ByteBpeFiles {
  ByteBpeModel model;
  std::string source;
};
struct SentencePieceFiles {
  std::string model;  ///< bytes; its own ids are those wanted
  std::optional<AlbertTextOptions> albert;
  std::string source;
};
using TokenizerFiles = std::variant<WordPieceFiles, ByteBpeFiles, SentencePieceFiles>;
/// Finds and reads them, as load_tokenizer() documents. UserError.
TokenizerFiles find_tokenizer(const std::filesystem::path& path);

/// The hash of a SentencePiece tokenizer: its model, and how text is prepared for it, decide.
std::string sentencepiece_hash(const SentencePieceFiles& files);

}  // namespace mma
