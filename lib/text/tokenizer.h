#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mma {

/// Token ids of one text, special tokens included.
struct Encoding {
  std::vector<int32_t> ids;
  bool truncated = false;
};

/// Turns text into the ids that a backbone was trained on. Safe to use from several threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// [CLS] text [SEP], at most `max_length` ids; what is cut is cut before [SEP]. Text that spells
  /// a special token is text. The text must be UTF-8 (prep checks it).
  virtual Encoding encode(std::string_view text, size_t max_length) const = 0;
  virtual int64_t vocabulary_size() const = 0;
  /// "wordpiece-uncased", "wordpiece-cased", "sentencepiece".
  virtual std::string kind() const = 0;
  /// SHA-256 of what decides the ids: the vocabulary or model file and the options read beside it.
  virtual std::string hash() const = 0;
};

/// The tokenizer of a Hugging Face folder, or of a vocab.txt or .model file. Throws UserError.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

}  // namespace mma
