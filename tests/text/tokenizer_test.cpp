#include "text/tokenizer.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "support/paths.h"

using namespace mma;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using Ids = std::vector<int32_t>;

namespace {

const std::string kPieces = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nrun\nRun\n\u00e9\ne\n\u4e2d\u6587\n";

const json kTokenizer = json::parse(R"({
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                 "strip_accents": null, "lowercase": false},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "run": 4, "Run": 5,
                      "\u00e9": 6, "e": 7, "\u4e2d\u6587": 8}}})");

struct Folder {
  test::ScratchDir dir;
  Folder& with(const std::string& name, const std::string& bytes) {
    write_atomically(dir / name, bytes);
    return *this;
  }
  std::unique_ptr<Tokenizer> load() const { return load_tokenizer(dir.path); }
  Ids ids(const std::string& text) const { return load()->encode(text, 16).ids; }
};

}  // namespace

TEST_CASE("tokenizer: what the folder says about case and accents", "[text]") {
  CHECK(Folder().with("vocab.txt", kPieces).ids("Run \u00e9") == Ids{2, 4, 7, 3});
  auto config = [](const std::string& said) {
    Folder folder;
    folder.with("vocab.txt", kPieces).with("tokenizer_config.json", said);
    return folder.ids("Run \u00c9 \u00e9 \u4e2d\u6587");
  };
  CHECK(config("{}") == Ids{2, 4, 7, 7, 1, 1, 3});
  CHECK(config(R"({"do_lower_case": false})") == Ids{2, 5, 1, 6, 1, 1, 3});
  CHECK(config(R"({"do_lower_case": true, "strip_accents": false})") == Ids{2, 4, 6, 6, 1, 1, 3});
  CHECK(config(R"({"strip_accents": null, "tokenize_chinese_chars": false})") ==
        Ids{2, 4, 7, 7, 8, 3});
}

TEST_CASE("tokenizer: tokenizer.json, alone and beside others", "[text]") {
  Folder alone, both, overruled;
  alone.with("tokenizer.json", kTokenizer.dump());
  CHECK(alone.load()->kind() == "wordpiece-cased");
  CHECK(alone.ids("Run \u00e9") == Ids{2, 5, 6, 3});
  CHECK(load_tokenizer(alone.dir / "tokenizer.json")->hash() == alone.load()->hash());
  both.with("tokenizer.json", kTokenizer.dump()).with("vocab.txt", kPieces);
  CHECK(both.load()->hash() == alone.load()->hash());
  overruled.with("tokenizer.json", kTokenizer.dump())
      .with("tokenizer_config.json", R"({"do_lower_case": true})");
  CHECK(overruled.ids("Run") == Ids{2, 4, 3});
  CHECK(overruled.load()->hash() != alone.load()->hash());
}

TEST_CASE("tokenizer: a bare file's name may say cased", "[text]") {
  Folder folder;
  folder.with("bert_cased_vocab.txt", kPieces).with("bert_uncased_vocab.txt", kPieces);
  CHECK(load_tokenizer(folder.dir / "bert_cased_vocab.txt")->kind() == "wordpiece-cased");
  CHECK(load_tokenizer(folder.dir / "bert_uncased_vocab.txt")->kind() == "wordpiece-uncased");
  folder.with("vocab.txt", kPieces).with("tokenizer_config.json", R"({"do_lower_case": false})");
  CHECK(load_tokenizer(folder.dir / "vocab.txt")->kind() == "wordpiece-cased");
}

TEST_CASE("tokenizer: damaged settings are refused", "[text]") {
  auto refused = [](const char* name, const std::string& bytes, const std::string& why) {
    Folder folder;
    if (std::string(name) != "tokenizer.json") folder.with("vocab.txt", kPieces);
    folder.with(name, bytes);
    CHECK_THROWS_AS(folder.load(), UserError);
    CHECK_THROWS_WITH(folder.load(), ContainsSubstring(why));
  };
  refused("tokenizer_config.json", "{", "not JSON");
  refused("tokenizer_config.json", "[]", "found array");
  refused("tokenizer_config.json", R"({"do_lower_case": "yes"})", "do_lower_case: expected true");
  refused("tokenizer_config.json", std::string(100'000, '['), "nested too deeply");
  auto changed = [](const char* pointer, const json& value) {
    json tokenizer = kTokenizer;
    tokenizer[json::json_pointer(pointer)] = value;
    return tokenizer.dump();
  };
  refused("tokenizer.json", changed("/model/type", "WordLevel"), "found 'WordLevel'");
  refused("tokenizer.json", changed("/model/type", 3), "model: type: expected a text");
  refused("tokenizer.json", changed("/model", nullptr), "vocab: expected pieces");
  refused("tokenizer.json", changed("/model/vocab/run", -1), "'run': expected an id");
  refused("tokenizer.json", changed("/model/vocab/run", 1e30), "'run': expected an id");
  // The list by id is no longer than the file makes it: 2 * 9 pieces + 1000.
  refused("tokenizer.json", changed("/model/vocab/run", 1018), "'run': expected an id below 1018");
  refused("tokenizer.json", changed("/model/vocab/run", 5), "one piece an id");
  refused("tokenizer.json", changed("/normalizer/type", "NFC"), "expected 'BertNormalizer'");
  refused("tokenizer.json", changed("/model/continuing_subword_prefix", "@@"), "expected '##'");
  refused("tokenizer.json", changed("/model/max_input_chars_per_word", -3), "max_input_chars");
  refused("tokenizer.json", changed("/normalizer", "x"), "normalizer: expected an object");
}
