#include "text/tokenizer.h"

#include "text/sentencepiece.h"
#include "text/tokenizer_files.h"

namespace mma {

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path) {
  auto files = find_tokenizer(path);
  if (auto* found = std::get_if<WordPieceFiles>(&files))
    return std::make_unique<WordPieceTokenizer>(std::move(found->pieces), found->options,
                                                found->source);
  if (auto* found = std::get_if<ByteBpeFiles>(&files))
    return std::make_unique<ByteBpeTokenizer>(found->model, found->source);
  return load_sentencepiece(std::get<SentencePieceFiles>(files));
}

}  // namespace mma
