#include "text/xlm_roberta_model.h"

#include "base/error.h"

namespace mma {

bool fits_xlm_roberta(const SentencePieceModel& model) {
  auto& pieces = model.pieces;
  return model.unigram && pieces.size() > 3 && pieces[0].type == SentencePiece::kUnknown &&
         pieces[1].text == "<s>" && pieces[2].text == "</s>";
}

std::string xlm_roberta_model(std::string_view bytes, const std::string& file) {
  auto model = read_sentencepiece_model(bytes, file);
  check_input(fits_xlm_roberta(model),
              "{}: expected XLM-RoBERTa's unigram model, whose first pieces are <unk>, <s> and "
              "</s>, found another; config.json beside it says what it belongs to",
              file);
  std::vector<SentencePiece> pieces{{"<s>", 0, SentencePiece::kControl},
                                    {"<pad>", 0, SentencePiece::kControl},
                                    {"</s>", 0, SentencePiece::kControl},
                                    {"<unk>", 0, SentencePiece::kUnknown}};
  pieces.insert(pieces.end(), model.pieces.begin() + 3, model.pieces.end());
  pieces.push_back({"<mask>", 0, SentencePiece::kControl});
  model.pieces = std::move(pieces);
  return write_sentencepiece_model(model);
}

}  // namespace mma
