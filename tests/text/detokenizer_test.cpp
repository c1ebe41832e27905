#include "text/detokenizer.h"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "support/paths.h"
#include "text/sentencepiece_model.h"

using namespace mma;
using nlohmann::json;
using Ids = std::vector<int32_t>;

TEST_CASE("detokenizer: words of WordPiece, with what is unknown", "[text]") {
  Detokenizer words(
      WordPieceFiles{{"[PAD]", "[CLS]", "[SEP]", "[UNK]", "a", "sold", "##ier"}, {}, "test"});
  CHECK(words.text(Ids{1, 4, 5, 6, 3, 2}) == "a soldier [UNK]");
  CHECK(words.text(Ids{}) == "");
  CHECK(!words.text(Ids{1, 7}));
  CHECK(!words.text(Ids{-1}));
  CHECK(!Detokenizer().text(Ids{0}));
}

TEST_CASE("detokenizer: bytes of byte-level BPE, and characters that were cut", "[text]") {
  ByteBpeModel model;
  model.pieces = {"<s>", "</s>", "war", "\u0120caf", "\u00c3", "\u00a9", "\u010a"};  // é is C3 A9
  Detokenizer bytes(ByteBpeFiles{model, "test"});
  CHECK(bytes.text(Ids{0, 2, 3, 4, 5, 6, 1}) == "war caf\u00e9\n");
  CHECK(bytes.text(Ids{0, 3, 4}) == " caf\ufffd");
  model.add_prefix_space = true;
  CHECK(Detokenizer(ByteBpeFiles{model, "test"}).text(Ids{0, 3}) == "caf");
}

TEST_CASE("detokenizer: pieces of SentencePiece, bytes and what is unknown among them", "[text]") {
  SentencePieceModel model;
  model.pieces = {{"<unk>", 0, SentencePiece::kUnknown},
                  {"<s>", 0, SentencePiece::kControl},
                  {"\u2581run", -1},
                  {"ning", -1},
                  {"<0xC3>", 0, SentencePiece::kByte},
                  {"<0xA9>", 0, SentencePiece::kByte}};
  Detokenizer pieces(SentencePieceFiles{write_sentencepiece_model(model), {}, "test"});
  CHECK(pieces.text(Ids{1, 2, 3, 2, 4, 5}) == "running run\u00e9");
  CHECK(pieces.text(Ids{1, 2, 0}) == "run \u2047 ");
}

TEST_CASE("detokenizer: texts of backbones' tokenizers as their own libraries decode them",
          "[text][parity]") {
  auto folder = test::shared("fixtures/backbones");
  auto reference = [](const char* name) {
    return json::parse(read_file(test::source_root() / "tests/reference" / name));
  };
  auto texts = reference("token_texts.json"), hostile = reference("token_ids.json")["ids"];
  CHECK(texts.size() == 5);
  for (auto& [name, expected] : texts.items()) {
    const Detokenizer detokenizer(find_tokenizer(folder / name));
    auto ids = json::parse(read_file(folder / name / "tokens.json"))["ids"];
    for (auto& one : hostile[name])
      if (!one.empty()) ids.push_back(one);
    REQUIRE(ids.size() == expected.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      CAPTURE(name, i, ids[i]);
      CHECK(detokenizer.text(ids[i].get<Ids>()) == expected[i].get<std::string>());
    }
  }
}
