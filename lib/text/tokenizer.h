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
  /// [CLS] text [SEP], at most `max_length` (2 or more) ids; what is cut is cut before [SEP]. Text
  /// that spells a special token is text. The text must be UTF-8 (prep checks it).
  virtual Encoding encode(std::string_view text, size_t max_length) const = 0;
  /// One more than the highest id.
  virtual int64_t vocabulary_size() const = 0;
  /// "wordpiece-uncased", "wordpiece-cased", "byte-bpe", "sentencepiece",
  /// "sentencepiece-albert".
  virtual std::string kind() const = 0;
  /// SHA-256 of what decides the ids: the pieces or the model, and the options as resolved; the
  /// same for a vocab.txt and a tokenizer.json that say the same.
  virtual std::string hash() const = 0;
};

/// The tokenizer of a folder in Hugging Face layout, or of one file:
///   vocab.txt, or tokenizer.json with model.type WordPiece: BERT's WordPiece. What to clean is
///   said by tokenizer_config.json (do_lower_case, strip_accents, tokenize_chinese_chars), else by
///   tokenizer.json (normalizer), else text is lowercased, and accents are stripped where it is;
///   a vocabulary file with "cased" but not "uncased" in its name, and another name than vocab.txt,
///   is cased. Added tokens of tokenizer.json are not looked for in text.
///   *.model (spiece.model, sentencepiece.bpe.model, ...): SentencePiece. Its ids are the model's
///   own, but for XLM-RoBERTa, whose ids are fairseq's, and text is given to it as it is, but for
///   ALBERT, which prepares it (do_lower_case, keep_accents, remove_space of
///   tokenizer_config.json). These two are known by model_type in the config.json beside it, or by
///   tokenizer_class in tokenizer_config.json; where neither says anything, by the names
///   sentencepiece.bpe.model and spiece.model, if the model has their special pieces.
///   tokenizer.json with model.type Unigram, as XLM-RoBERTa's: the same ids and the same hash.
///   vocab.json and merges.txt, or tokenizer.json with model.type BPE: RoBERTa's byte-level BPE.
///   Whether a text is to begin with a space is said by tokenizer_config.json (add_prefix_space),
///   else by tokenizer.json (pre_tokenizer), else it is not.
/// A folder with several of them is read as the first of vocab.txt, *.model, vocab.json with
/// merges.txt, tokenizer.json. Throws UserError for what is none of these, is damaged, or lacks a
/// special token.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

/// The hash() of that tokenizer without loading it. It needs no SentencePiece library, whose own
/// protobuf cannot live in one process with LibTorch's: training and evaluation never tokenize.
std::string tokenizer_hash(const std::filesystem::path& path);

}  // namespace mma
