#include "text/tokenizer.h"

#include "text/sentencepiece.h"
#include "text/tokenizer_files.h"
#include "text/wordpiece.h"

namespace mma {

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path) {
  auto files = find_tokenizer(path);
  if (files.sentencepiece) return load_sentencepiece(*files.sentencepiece);
  return std::make_unique<WordPieceTokenizer>(std::move(files.pieces), files.options, files.source);
}

}  // namespace mma
