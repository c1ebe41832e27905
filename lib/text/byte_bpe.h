#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/tokenizer.h"

namespace mma {

/// What files say of a byte-level BPE tokenizer. In pieces, as everywhere in such files, a byte is
/// written as one printable character (GPT-2's bytes_to_unicode: a space is U+0120).
struct ByteBpeModel {
  std::vector<std::string> pieces;                          ///< by id; "" where an id is free
  std::vector<std::pair<std::string, std::string>> merges;  ///< the first is done first
  std::string begin = "<s>", end = "</s>";                  ///< special pieces around a text
  bool add_prefix_space = false;  ///< a text begins with a space, also where it has none
};

/// The character that stands for each byte: itself where it can be printed, else one from U+0100
/// on.
std::array<std::string, 256> byte_characters();

/// Where the word that begins at text[begin] ends, as GPT-2's pattern cuts text:
///   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
/// `begin` < text.size(); the text is UTF-8.
size_t gpt2_word_end(std::string_view text, size_t begin);

/// RoBERTa's tokenizer (Radford et al. 2019; Liu et al. 2019, arXiv:1907.11692; ids as Hugging
/// Face's RobertaTokenizer gives them): the bytes of each word become pieces, of which neighbours
/// are merged, the first of the merges before later ones and from the left, until none is left.
/// O(n log n) in the bytes of a word.
class ByteBpeTokenizer : public Tokenizer {
 public:
  /// `source` names the model in messages. Throws UserError, all faults at once, where a byte, a
  /// special piece, or a piece of a merge is not among the pieces, and for merges that are there
  /// twice.
  ByteBpeTokenizer(const ByteBpeModel& model, const std::string& source);
  Encoding encode(std::string_view text, size_t max_length) const override;
  int64_t vocabulary_size() const override { return size_; }
  std::string kind() const override { return "byte-bpe"; }
  std::string hash() const override { return hash_; }

 private:
  struct Merge {
    int32_t right, rank, into;
  };
  struct Scratch;
  const Merge* merge_of(int32_t left, int32_t right) const;
  void add_word(std::string_view word, Scratch& scratch, std::vector<int32_t>& ids) const;

  int64_t size_ = 0;
  std::array<int32_t, 256> byte_ids_{};
  // The merges by the id of their left piece, those of one sorted by `right`.
  std::vector<size_t> merges_begin_;
  std::vector<Merge> merges_;
  int32_t begin_ = 0, end_ = 0;
  bool add_prefix_space_ = false;
  std::string hash_;
};

}  // namespace mma
