#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/bert_words.h"
#include "text/tokenizer.h"

namespace mma {

/// The lines of a vocab.txt, the line's number (from 0) being the id; white space at the ends of
/// lines is dropped. Throws UserError for a file that is too large, empty or not UTF-8, and for
/// pieces that are there twice, with their lines.
std::vector<std::string> read_vocabulary(const std::filesystem::path& file);

struct WordPieceOptions {
  BertTextOptions text;
  size_t max_word = 100;  ///< a word of more code points is [UNK]
};

/// BERT's tokenizer (Devlin et al. 2019, arXiv:1810.04805; ids as Hugging Face's
/// BertWordPieceTokenizer gives them): each of bert_words() is cut greedily into the longest
/// pieces of the vocabulary, those inside a word beginning with "##"; a word that cannot be cut up
/// wholly is [UNK].
class WordPieceTokenizer : public Tokenizer {
 public:
  /// `pieces` by id. `source` names them in messages. Throws
  /// UserError where [CLS], [SEP], [PAD] or [UNK] is missing.
  WordPieceTokenizer(std::vector<std::string> pieces, const WordPieceOptions& options,
                     const std::string& source);
  Encoding encode(std::string_view text, size_t max_length) const override;
  int64_t vocabulary_size() const override { return static_cast<int64_t>(pieces_.size()); }
  std::string kind() const override;
  std::string hash() const override { return hash_; }

 private:
  using Index = std::unordered_map<std::string_view, int32_t>;
  void add_word(std::string_view word, std::vector<int32_t>& ids) const;

  const std::vector<std::string> pieces_;  // the indices' keys point into it
  const WordPieceOptions options_;
  Index begins_, continues_;  // the latter without "##"
  size_t longest_ = 0;        // bytes of the longest key
  int32_t cls_ = 0, sep_ = 0, unknown_ = 0;
  std::string hash_;
};

}  // namespace mma
