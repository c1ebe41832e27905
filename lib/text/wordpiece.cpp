#include "text/wordpiece.h"

#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "base/files.h"
#include "base/unicode.h"

namespace mma {
namespace {

constexpr uint64_t kMaxVocabularyBytes = 64 << 20;
constexpr size_t kMaxPieceBytes = 4096;
constexpr std::string_view kContinues = "##";

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    size_t begin = at;
    // U+FFFD itself is three bytes long, what stands for an error one.
    if (next_code_point(text, at) == 0xFFFD && at - begin != 3) return false;
  }
  return true;
}

std::string hash_of(const std::vector<std::string>& pieces, const WordPieceOptions& options) {
  std::string lines;
  for (auto& piece : pieces) lines += piece + "\n";
  auto& text = options.text;
  return sha256(
      fmt::format("wordpiece lowercase={} strip_accents={} handle_chinese_chars={} clean_text={} "
                  "max_word={} {}",
                  text.lowercase, text.strip_accents, text.handle_chinese_chars, text.clean_text,
                  options.max_word, sha256(lines)));
}

}  // namespace

std::vector<std::string> read_vocabulary(const std::filesystem::path& file) {
  auto bytes = read_file(file, kMaxVocabularyBytes);
  std::vector<std::string> pieces;
  std::unordered_map<std::string_view, size_t> lines;  // of the pieces so far
  Faults faults;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    auto last = line.find_last_not_of(" \t\r\v\f");
    line = line.substr(0, last == std::string_view::npos ? 0 : last + 1);
    check_input(line.size() <= kMaxPieceBytes && is_utf8(line),
                "{}:{}: expected a piece of UTF-8 text of at most {} bytes, found '{}'; a "
                "vocabulary has one piece a line",
                file.string(), pieces.size() + 1, kMaxPieceBytes,
                is_utf8(line) ? printable(line) : "bytes that are not UTF-8");
    pieces.emplace_back(line);
    // Empty lines stand for no piece; some vocabularies hold places free so.
    auto [first, is_new] = lines.emplace(line, pieces.size());
    if (!is_new && !line.empty())
      faults.add("repeated piece",
                 fmt::format("{}:{}: expected each piece once, found '{}' of line {} again",
                             file.string(), pieces.size(), printable(line), first->second));
  }
  faults.raise();
  check_input(!pieces.empty(), "{}: expected a vocabulary, one piece a line, found nothing",
              file.string());
  return pieces;
}

WordPieceTokenizer::WordPieceTokenizer(std::vector<std::string> pieces,
                                       const WordPieceOptions& options, const std::string& source)
    : pieces_(std::move(pieces)), options_(options), hash_(hash_of(pieces_, options_)) {
  begins_.reserve(pieces_.size());
  for (size_t id = 0; id < pieces_.size(); ++id) {
    std::string_view piece = pieces_[id];
    bool continues = piece.starts_with(kContinues);
    if (continues) piece.remove_prefix(kContinues.size());
    (continues ? continues_ : begins_)[piece] = static_cast<int32_t>(id);
    longest_ = std::max(longest_, piece.size());
  }
  auto special = [&](std::string_view piece) {
    auto it = begins_.find(piece);
    check_input(it != begins_.end(),
                "{}: expected the special token {}, found {} pieces without it; give the "
                "vocabulary that the backbone was trained with",
                source, piece, pieces_.size());
    return it->second;
  };
  cls_ = special("[CLS]");
  sep_ = special("[SEP]");
  unknown_ = special("[UNK]");
  special("[PAD]");
}

std::string WordPieceTokenizer::kind() const {
  return options_.text.lowercase ? "wordpiece-uncased" : "wordpiece-cased";
}

void WordPieceTokenizer::add_word(std::string_view word, std::vector<int32_t>& ids) const {
  size_t before = ids.size();
  bool fits = word.size() <= options_.max_word || code_points(word) <= options_.max_word;
  for (size_t begin = 0; fits && begin < word.size();) {
    auto& index = begin == 0 ? begins_ : continues_;
    size_t size = std::min(word.size() - begin, longest_);
    for (; size > 0; --size) {
      bool cuts_character = begin + size < word.size() && (word[begin + size] & 0xC0) == 0x80;
      if (cuts_character) continue;
      auto it = index.find(word.substr(begin, size));
      if (it == index.end()) continue;
      ids.push_back(it->second);
      break;
    }
    fits = size > 0;
    begin += size;
  }
  if (fits) return;
  ids.resize(before);
  ids.push_back(unknown_);
}

Encoding WordPieceTokenizer::encode(std::string_view text, size_t max_length) const {
  check(max_length >= 2, "wordpiece: expected room for [CLS] and [SEP], found {}", max_length);
  auto words = bert_words(text, options_.text);
  Encoding encoding;
  auto& ids = encoding.ids;
  ids.reserve(std::min(max_length, words.size() + words.size() / 2) + 2);
  ids.push_back(cls_);
  for (size_t i = 0; i < words.size() && ids.size() < max_length; ++i) add_word(words[i], ids);
  // The loop stops at max_length: one id too many already, for [SEP] has to follow.
  encoding.truncated = ids.size() >= max_length;
  if (encoding.truncated) ids.resize(max_length - 1);
  ids.push_back(sep_);
  return encoding;
}

}  // namespace mma
