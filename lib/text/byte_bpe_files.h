#pragma once
#include <filesystem>

#include "text/byte_bpe.h"
#include "text/tokenizer_json.h"

namespace mma {

/// vocab.json and merges.txt of a folder; `config` is its tokenizer_config.json, `tokenizer` its
/// tokenizer.json, where there are any. A line of merges.txt is two pieces, with one space between
/// them; the first line may be "#version: ...". UserError.
ByteBpeModel read_byte_bpe(const std::filesystem::path& folder, const JsonPart& config,
                           const JsonPart& tokenizer);

/// The same from a tokenizer.json alone: model.type BPE, pre_tokenizer ByteLevel. UserError for
/// what such a file can say and RoBERTa's tokenizer does not do.
ByteBpeModel read_byte_bpe(const JsonPart& config, const JsonPart& tokenizer);

}  // namespace mma
