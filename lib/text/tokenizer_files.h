#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

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
  std::filesystem::path model;
};
using TokenizerFiles = std::variant<WordPieceFiles, ByteBpeFiles, SentencePieceFiles>;
/// Finds and reads them, as load_tokenizer() documents. UserError.
TokenizerFiles find_tokenizer(const std::filesystem::path& path);

/// Largest SentencePiece model that is read.
constexpr uint64_t kMaxModelBytes = 64 << 20;
/// The hash of a SentencePiece tokenizer: its model decides everything.
std::string sentencepiece_hash(std::string_view model);

}  // namespace mma
