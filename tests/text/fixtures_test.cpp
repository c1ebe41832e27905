// Ids of the reference libraries, and vectors of public test suites.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "support/paths.h"
#include "text/bert_words.h"
#include "text/tokenizer.h"
#include "text/wordpiece.h"

using namespace mma;
using nlohmann::json;

namespace {

constexpr size_t kNoLimit = 1 << 20;

json tokens(const std::string& file) {
  return json::parse(read_file(test::shared("fixtures/tokens/" + file)));
}

std::vector<int32_t> ids_of(const Tokenizer& tokenizer, const json& text) {
  return tokenizer.encode(text.get<std::string>(), kNoLimit).ids;
}

// The ids without [CLS] and [SEP].
std::vector<int32_t> inner_ids(const Tokenizer& tokenizer, const json& text) {
  auto ids = ids_of(tokenizer, text);
  return {ids.begin() + 1, ids.end() - 1};
}

std::vector<std::string> words_of(const std::string& text, bool lowercase) {
  auto words = bert_words(text, {lowercase, lowercase, true, true});
  std::vector<std::string> list;
  for (size_t i = 0; i < words.size(); ++i) list.emplace_back(words[i]);
  return list;
}

// The vocabularies of the published vectors lack [PAD]; put last, it moves no id.
WordPieceTokenizer tiny(const json& vocabulary, bool lowercase) {
  auto pieces = vocabulary.get<std::vector<std::string>>();
  pieces.push_back("[PAD]");
  return WordPieceTokenizer(pieces, {{lowercase, lowercase, true, true}, 100}, "tiny");
}

}  // namespace

TEST_CASE("wordpiece: ids equal Hugging Face tokenizers'", "[text][parity]") {
  auto fixture = tokens("wordpiece.json");
  for (auto& item : fixture["cases"]) {
    auto name = item["vocab"].get<std::string>();
    auto tokenizer = load_tokenizer(test::shared("vocab/" + name));
    CHECK(tokenizer->kind() == (item["lowercase"] ? "wordpiece-uncased" : "wordpiece-cased"));
    size_t equal = 0;
    for (auto& t : item["texts"]) {
      auto expected = t["ids"].get<std::vector<int32_t>>();
      INFO(name << " " << t["text"]);
      CHECK(ids_of(*tokenizer, t["text"]) == expected);
      equal += ids_of(*tokenizer, t["text"]) == expected;
    }
    CHECK(equal == item["texts"].size());
    CHECK(equal > 300);
  }
}

TEST_CASE("sentencepiece: ids equal google's", "[text][parity]") {
  auto fixture = tokens("sentencepiece.json");
  for (auto& item : fixture["cases"]) {
    auto name = item["model"].get<std::string>();
    auto tokenizer = load_tokenizer(test::shared("sentencepiece/" + name));
    CHECK(tokenizer->kind() == "sentencepiece");
    // The reference ids have no special pieces.
    auto empty = tokenizer->encode("", kNoLimit).ids;
    bool has_cls = name != "t5_tokenizer_base.model";  // T5 has </s> alone
    CHECK(empty.size() == (has_cls ? 2u : 1u));
    for (auto& t : item["texts"]) {
      auto expected = t["ids"].get<std::vector<int32_t>>();
      if (has_cls) expected.insert(expected.begin(), empty.front());
      expected.push_back(empty.back());
      INFO(name << " " << t["text"]);
      CHECK(ids_of(*tokenizer, t["text"]) == expected);
    }
  }
}

// Of the published vectors these do not apply: never_split_* (there "[UNK]" and "[CLS]" in a text
// become the special ids; here a text that spells them is text), models that are not among the
// fixtures (torchtune_*), and n-best lists and offsets, which nothing here computes.
TEST_CASE("wordpiece: vectors of torchtext", "[text][parity]") {
  auto published = tokens("published_vectors.json");
  for (std::string kind : {"uncased", "cased"}) {
    auto tokenizer = load_tokenizer(test::shared("vocab/bert_base_" + kind + "_vocab.txt"));
    for (auto& item : published["bert_base_" + kind + "_no_special"])
      CHECK(inner_ids(*tokenizer, item["text"]) == item["ids"].get<std::vector<int32_t>>());
  }
}

TEST_CASE("wordpiece: vectors of Google's BERT", "[text][parity]") {
  auto google = tokens("published_vectors.json")["google_bert"];
  auto& full = google["full_tokenizer"];
  CHECK(inner_ids(tiny(full["vocab"], true), full["text"]) ==
        full["ids"].get<std::vector<int32_t>>());
  for (auto& item : google["basic"])
    CHECK(words_of(item["text"], item["lower"]) == item["tokens"].get<std::vector<std::string>>());

  auto vocabulary = google["wordpiece"]["vocab"].get<std::vector<std::string>>();
  auto cased = tiny(google["wordpiece"]["vocab"], false);
  for (auto& item : google["wordpiece"]["cases"]) {
    std::vector<std::string> pieces;
    for (int32_t id : inner_ids(cased, item["text"]))
      pieces.push_back(vocabulary.at(static_cast<size_t>(id)));
    CHECK(pieces == item["tokens"].get<std::vector<std::string>>());
  }

  using List = std::vector<std::string>;
  for (std::string c : google["is_whitespace"]["true"])
    CHECK(words_of("a" + c + "b", false).size() == 2);
  for (std::string c : google["is_whitespace"]["false"]) CHECK(words_of(c, false).size() == 1);
  for (std::string c : google["is_control"]["true"])
    CHECK(words_of("a" + c + "b", false) == List{"ab"});
  for (std::string c : google["is_control"]["false"])
    CHECK(words_of("a" + c + "b", false) != List{"ab"});
  for (std::string c : google["is_punctuation"]["true"])
    CHECK(words_of("a" + c + "b", false) == List{"a", c, "b"});
  for (std::string c : google["is_punctuation"]["false"])
    CHECK(words_of("a" + c + "b", false) != List{"a", c, "b"});
}

TEST_CASE("wordpiece: vectors of Hugging Face tokenizers", "[text][parity]") {
  auto published = tokens("published_vectors.json");
  for (auto& item : published["hf_bert_pretokenizer_offsets"]) {
    std::vector<std::string> expected;
    for (auto& split : item["splits"]) expected.push_back(split[0]);
    CHECK(words_of(item["text"], false) == expected);
  }
  // A pair is [CLS] a [SEP] b [SEP]; one text at a time gives its halves.
  auto& pair = published["hf_bert_wordpiece_pair"];
  auto tokenizer = load_tokenizer(test::shared("vocab/bert_base_uncased_vocab.txt"));
  auto a = inner_ids(*tokenizer, pair["a"]), b = inner_ids(*tokenizer, pair["b"]);
  a.insert(a.end(), b.begin(), b.end());
  CHECK(a == pair["no_special"]["ids"].get<std::vector<int32_t>>());
}

TEST_CASE("sentencepiece: published vectors", "[text][parity]") {
  int checked = 0;
  auto fixture = tokens("published_vectors.json");
  for (auto& item : fixture["sentencepiece"]) {
    auto model = item["model"].get<std::string>();
    if (model.starts_with("torchtune_") || !item.contains("ids")) continue;
    auto tokenizer = load_tokenizer(test::shared("sentencepiece/" + model));
    if (item.contains("vocab_size")) CHECK(tokenizer->vocabulary_size() == item["vocab_size"]);
    auto expected = item["ids"].get<std::vector<int32_t>>();
    auto ids = ids_of(*tokenizer, item["text"]);
    ids.pop_back();  // </s>
    if (model != "t5_tokenizer_base.model") ids.erase(ids.begin());
    CHECK(ids == expected);
    ++checked;
  }
  CHECK(checked == 4);
}

TEST_CASE("tokenizer: a backbone's folder says how", "[text][parity]") {
  auto tokenizer = load_tokenizer(test::shared("backbones/plots-mini"));
  CHECK(tokenizer->kind() == "wordpiece-uncased");
  CHECK(tokenizer->encode("", 8).ids.size() == 2);
}

// Every backbone of the folder, as it lies there and with tokenizer.json alone where it has one.
TEST_CASE("tokenizer: ids of backbones' folders equal transformers'", "[text][parity]") {
  size_t checked = 0;
  for (auto& entry : fs::directory_iterator(test::shared("fixtures/backbones"))) {
    auto folder = entry.path();
    if (!fs::exists(folder / "tokens.json")) continue;
    auto fixture = json::parse(read_file(folder / "tokens.json"));
    std::vector<fs::path> sources{folder};
    if (fs::exists(folder / "tokenizer.json")) sources.push_back(folder / "tokenizer.json");
    for (auto& source : sources) {
      CAPTURE(source);
      auto tokenizer = load_tokenizer(source);
      CHECK(tokenizer->hash() == tokenizer_hash(source));
      REQUIRE(fixture["texts"].size() == fixture["ids"].size());
      for (size_t i = 0; i < fixture["texts"].size(); ++i) {
        CAPTURE(fixture["texts"][i]);
        auto expected = fixture["ids"][i].get<std::vector<int32_t>>();
        auto found = tokenizer->encode(fixture["texts"][i].get<std::string>(),
                                       fixture["max_length"].get<size_t>());
        CHECK(found.ids == expected);
      }
    }
    checked += sources.size();
  }
  CHECK(checked > 0);
}
