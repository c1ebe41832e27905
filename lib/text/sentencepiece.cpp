#include "text/sentencepiece.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/unicode.h"
#include "text/sentencepiece_model.h"
#include "text/unigram.h"

namespace mma {
namespace {

constexpr int kNone = -1;
constexpr std::string_view kSpaceMark = "\u2581";

class SentencePieceTokenizer : public Tokenizer {
 public:
  explicit SentencePieceTokenizer(const SentencePieceFiles& files)
      : albert_(files.albert), hash_(sentencepiece_hash(files)), file_(files.source) {
    auto model = read_sentencepiece_model(files.model, file_);
    load(files.model);
    // Byte pieces are rare and left to the library.
    if (model.unigram && !model.byte_fallback) unigram_.emplace(model);
    cls_ = special({"[CLS]", "<s>"}, model_.bos_id());
    sep_ = special({"[SEP]", "</s>"}, model_.eos_id());
    if (!albert_) return;
    bool fits = cls_ != kNone && sep_ != kNone && model_.IdToPiece(cls_) == "[CLS]" &&
                model_.IdToPiece(sep_) == "[SEP]";
    check_input(fits, "{}: expected ALBERT's model with [CLS] and [SEP], found one without", file_);
    for (size_t id = 0; id < model.pieces.size(); ++id)
      if (model.pieces[id].type == SentencePiece::kNormal)
        cut_number(static_cast<int>(id), std::string(model.pieces[id].text));
  }

  Encoding encode(std::string_view text, size_t max_length) const override {
    check(max_length >= 2, "sentencepiece: expected room for two ids, found {}", max_length);
    auto pieces = albert_ ? albert_pieces(text) : encode_pieces(text);
    size_t room = max_length - (cls_ != kNone) - (sep_ != kNone);
    Encoding encoding;
    encoding.truncated = pieces.size() > room;
    if (encoding.truncated) pieces.resize(room);
    auto& ids = encoding.ids;
    ids.reserve(pieces.size() + 2);
    if (cls_ != kNone) ids.push_back(cls_);
    ids.insert(ids.end(), pieces.begin(), pieces.end());
    if (sep_ != kNone) ids.push_back(sep_);
    return encoding;
  }
  int64_t vocabulary_size() const override { return model_.GetPieceSize(); }
  std::string kind() const override { return albert_ ? "sentencepiece-albert" : "sentencepiece"; }
  std::string hash() const override { return hash_; }

 private:
  std::vector<int> encode_pieces(std::string_view text) const {
    std::vector<int> pieces;
    // A model of a stranger may load and yet fail on a text.
    auto checked = [this](const auto& status) {  // the library's own type, later Abseil's
      check_input(status.ok(), "{}: this model fails on a text: {}", file_,
                  printable(status.message()));
    };
    if (unigram_) {
      std::string normalized;
      checked(model_.Normalize(text, &normalized));
      unigram_->encode(normalized, pieces);
    } else {
      checked(model_.Encode(text, &pieces));
    }
    return pieces;
  }

  std::vector<int> albert_pieces(std::string_view text) const {
    auto pieces = encode_pieces(albert_text(text, *albert_));
    std::vector<int> cut;
    cut.reserve(pieces.size());
    for (int id : pieces) {
      auto it = number_pieces_.find(id);
      if (it == number_pieces_.end()) {
        cut.push_back(id);
      } else {
        cut.insert(cut.end(), it->second.begin(), it->second.end());
      }
    }
    return cut;
  }

  // A piece "9," stands for "9" and ",": the number is cut as if it stood alone, but inside a word
  // without the space that alone it begins with.
  void cut_number(int id, std::string piece) {
    if (piece.size() < 2 || piece.back() != ',') return;
    piece.pop_back();
    size_t last = piece.size() - 1;
    while (last > 0 && (piece[last] & 0xC0) == 0x80) --last;
    if (!is_digit(next_code_point(piece, last))) return;
    bool begins_word = piece.starts_with(kSpaceMark);
    for (size_t at; (at = piece.find(kSpaceMark)) != std::string::npos;)
      piece.erase(at, kSpaceMark.size());
    auto ids = encode_pieces(piece);
    if (!begins_word && !ids.empty()) {
      std::string first = model_.IdToPiece(ids[0]);
      if (first == kSpaceMark) {
        ids.erase(ids.begin());
      } else if (first.starts_with(kSpaceMark)) {
        ids[0] = model_.PieceToId(first.substr(kSpaceMark.size()));
      }
    }
    ids.push_back(model_.PieceToId(","));
    number_pieces_.emplace(id, std::move(ids));
  }

  void load(const std::string& bytes) {
    std::string fault;
    try {
      auto status = model_.LoadFromSerializedProto(bytes);
      if (!status.ok()) fault = status.message();
    } catch (const std::exception& e) {  // the library's tries throw
      fault = e.what();
    }
    check_input(fault.empty(),
                "{}: expected a SentencePiece model, found one that does not load: {}", file_,
                printable(fault));
  }

  // The id that stands for a special token, kNone where there is none.
  int special(std::initializer_list<const char*> names, int otherwise) const {
    int id = otherwise;
    for (auto* name : names) {
      int found = model_.PieceToId(name);  // that of the unknown piece where there is none
      if (model_.IdToPiece(found) != name) continue;
      id = found;
      break;
    }
    if (id < 0) return kNone;
    check_input(
        model_.IsControl(id),
        "{}: expected '{}' to be a control symbol, found a piece that text can spell; train "
        "the model with --control_symbols",
        file_, printable(model_.IdToPiece(id)));
    return id;
  }

  sentencepiece::SentencePieceProcessor model_;
  std::optional<Unigram> unigram_;
  std::optional<AlbertTextOptions> albert_;
  std::unordered_map<int, std::vector<int>> number_pieces_;  // what stands for "9,"
  int cls_ = kNone, sep_ = kNone;
  std::string hash_, file_;
};

}  // namespace

std::unique_ptr<Tokenizer> load_sentencepiece(const SentencePieceFiles& files) {
  return std::make_unique<SentencePieceTokenizer>(files);
}

}  // namespace mma
