#include "text/detokenizer.h"

#include <cstdlib>
#include <unordered_map>

#include "base/unicode.h"
#include "text/sentencepiece_model.h"

namespace mma {
namespace {

constexpr std::string_view kSpaceMark = "\u2581", kUnknownMark = " \u2047 ";

std::string wordpiece_text(const std::string& piece) {
  if (piece == "[CLS]" || piece == "[SEP]" || piece == "[PAD]") return "";
  if (piece.starts_with("##")) return piece.substr(2);
  std::string text(1, ' ');
  return text += piece;
}

// The bytes that a piece of byte-level BPE is written for; a character that stands for none is
// itself.
class ByteText {
 public:
  ByteText() {
    auto characters = byte_characters();
    for (size_t byte = 0; byte < 256; ++byte)
      bytes_.emplace(characters[byte], static_cast<char>(byte));
  }
  std::string operator()(const std::string& piece) const {
    std::string text;
    for (size_t at = 0; at < piece.size();) {
      const size_t begin = at;
      next_code_point(piece, at);
      auto character = piece.substr(begin, at - begin);
      auto byte = bytes_.find(character);
      text += byte == bytes_.end() ? character : std::string(1, byte->second);
    }
    return text;
  }

 private:
  std::unordered_map<std::string, char> bytes_;
};

std::string sentencepiece_text(const SentencePiece& piece) {
  std::string text(piece.text);
  switch (piece.type) {
    case SentencePiece::kControl:
      return "";
    case SentencePiece::kUnknown:
      return std::string(kUnknownMark);
    case SentencePiece::kByte:  // "<0x0A>"
      return text.size() == 6
                 ? std::string(
                       1, static_cast<char>(std::strtol(text.substr(3, 2).c_str(), nullptr, 16)))
                 : text;
    default:
      for (size_t at = 0; (at = text.find(kSpaceMark, at)) != std::string::npos; ++at)
        text.replace(at, kSpaceMark.size(), 1, ' ');
      return text;
  }
}

std::string with_whole_characters(const std::string& bytes) {
  std::string text;
  for (size_t at = 0; at < bytes.size();) append_utf8(text, next_code_point(bytes, at));
  return text;
}

}  // namespace

Detokenizer::Detokenizer(const TokenizerFiles& files) {
  if (auto* words = std::get_if<WordPieceFiles>(&files)) {
    for (auto& piece : words->pieces) spelled_.push_back(wordpiece_text(piece));
    begins_with_space_ = true;
  } else if (auto* bytes = std::get_if<ByteBpeFiles>(&files)) {
    auto& model = bytes->model;
    const ByteText text;
    for (auto& piece : model.pieces)
      spelled_.push_back(piece == model.begin || piece == model.end ? "" : text(piece));
    begins_with_space_ = model.add_prefix_space;
  } else {
    auto& found = std::get<SentencePieceFiles>(files);
    auto model = read_sentencepiece_model(found.model, found.source);
    for (auto& piece : model.pieces) spelled_.push_back(sentencepiece_text(piece));
    begins_with_space_ = model.add_dummy_prefix;
  }
}

std::optional<std::string> Detokenizer::text(std::span<const int32_t> ids) const {
  std::string bytes;
  for (int32_t id : ids) {
    if (id < 0 || static_cast<size_t>(id) >= spelled_.size()) return std::nullopt;
    bytes += spelled_[static_cast<size_t>(id)];
  }
  if (begins_with_space_ && bytes.starts_with(' ')) bytes.erase(0, 1);
  return with_whole_characters(bytes);
}

}  // namespace mma
