#include "text/sentencepiece.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "text/sentencepiece_model.h"
#include "text/tokenizer_files.h"
#include "text/unigram.h"

namespace mma {
namespace {

constexpr int kNone = -1;

class SentencePieceTokenizer : public Tokenizer {
 public:
  explicit SentencePieceTokenizer(const fs::path& file) : file_(file.string()) {
    auto bytes = read_file(file, kMaxModelBytes);
    auto model = read_sentencepiece_model(bytes, file.string());
    load(bytes, file);
    // Byte pieces are rare and left to the library.
    if (model.unigram && !model.byte_fallback) unigram_.emplace(model);
    cls_ = special({"[CLS]", "<s>"}, model_.bos_id(), file);
    sep_ = special({"[SEP]", "</s>"}, model_.eos_id(), file);
    hash_ = sentencepiece_hash(bytes);
  }

  Encoding encode(std::string_view text, size_t max_length) const override {
    check(max_length >= 2, "sentencepiece: expected room for two ids, found {}", max_length);
    auto pieces = encode_pieces(text);
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
  std::string kind() const override { return "sentencepiece"; }
  std::string hash() const override { return hash_; }

 private:
  std::vector<int> encode_pieces(std::string_view text) const {
    std::vector<int> pieces;
    // A model of a stranger may load and yet fail on a text.
    auto checked = [this](const sentencepiece::util::Status& status) {
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

  void load(const std::string& bytes, const fs::path& file) {
    std::string fault;
    try {
      auto status = model_.LoadFromSerializedProto(bytes);
      if (!status.ok()) fault = status.message();
    } catch (const std::exception& e) {  // the library's tries throw
      fault = e.what();
    }
    check_input(fault.empty(),
                "{}: expected a SentencePiece model, found one that does not load: {}",
                file.string(), printable(fault));
  }

  // The id that stands for a special token, kNone where there is none.
  int special(std::initializer_list<const char*> names, int otherwise, const fs::path& file) const {
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
        file.string(), printable(model_.IdToPiece(id)));
    return id;
  }

  sentencepiece::SentencePieceProcessor model_;
  std::optional<Unigram> unigram_;
  int cls_ = kNone, sep_ = kNone;
  std::string hash_, file_;
};

}  // namespace

std::unique_ptr<Tokenizer> load_sentencepiece(const std::filesystem::path& file) {
  return std::make_unique<SentencePieceTokenizer>(file);
}

}  // namespace mma
