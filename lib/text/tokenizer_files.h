#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/wordpiece.h"

namespace mma {

/// What the files of a tokenizer say: a SentencePiece model, or WordPiece's pieces and options.
struct TokenizerFiles {
  std::optional<std::filesystem::path> sentencepiece;
  std::vector<std::string> pieces;
  WordPieceOptions options;
  std::string source;  ///< for messages
};
/// Finds and reads them, as load_tokenizer() documents. UserError.
TokenizerFiles find_tokenizer(const std::filesystem::path& path);

/// Largest SentencePiece model that is read.
constexpr uint64_t kMaxModelBytes = 64 << 20;
/// The hash of a SentencePiece tokenizer: its model decides everything.
std::string sentencepiece_hash(std::string_view model);

}  // namespace mma
