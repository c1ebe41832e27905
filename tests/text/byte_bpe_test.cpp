#include "text/byte_bpe.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/unicode.h"
#include "support/cpu_time.h"
#include "support/hostile.h"
#include "support/paths.h"

using namespace mma;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using Ids = std::vector<int32_t>;
using Words = std::vector<std::string>;

namespace {

Words words(const std::string& text) {
  Words found;
  for (size_t at = 0; at < text.size();) {
    size_t end = gpt2_word_end(text, at);
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

// <s> 0, </s> 1, the 256 bytes from 2 on in their order, then what the merges make.
ByteBpeModel model_of(std::vector<std::pair<std::string, std::string>> merges) {
  ByteBpeModel model;
  model.pieces = {"<s>", "</s>"};
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    bool printed = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    append_utf8(model.pieces.emplace_back(), printed ? byte : next++);
  }
  for (auto& [left, right] : merges) model.pieces.push_back(left + right);
  model.merges = std::move(merges);
  return model;
}
int32_t id(char c) { return 2 + static_cast<unsigned char>(c); }

json tokenizer_json(const ByteBpeModel& model) {
  json vocabulary, merges = json::array();
  for (size_t i = 0; i < model.pieces.size(); ++i) vocabulary[model.pieces[i]] = i;
  for (auto& [left, right] : model.merges) merges.push_back({left, right});
  return {{"normalizer", nullptr},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
          {"post_processor",
           {{"type", "RobertaProcessing"}, {"sep", {"</s>", 1}}, {"cls", {"<s>", 0}}}},
          {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", merges}}}};
}

struct Folder {
  test::ScratchDir dir;
  Folder& with(const std::string& name, const std::string& bytes) {
    write_atomically(dir / name, bytes);
    return *this;
  }
  std::unique_ptr<Tokenizer> load() const { return load_tokenizer(dir.path); }
};

const auto kModel = model_of({{"a", "b"}, {"b", "c"}, {"ab", "c"}, {"\u0120", "a"}});

}  // namespace

TEST_CASE("byte_bpe: words as GPT-2's pattern cuts them", "[text]") {
  CHECK(words("Hello world") == Words{"Hello", " world"});
  CHECK(words("I'm we'll don't d'you'd it's they've you're") ==
        Words{"I", "'m", " we", "'ll", " don", "'t", " d", "'", "you", "'d", " it", "'s", " they",
              "'ve", " you", "'re"});
  CHECK(words("I'M !'s 's") == Words{"I", "'", "M", " !'", "s", " '", "s"});
  CHECK(words("3.14a \u00b2x") == Words{"3", ".", "14", "a", " \u00b2", "x"});
  CHECK(words("a  b   c ") == Words{"a", " ", " b", "  ", " c", " "});
  CHECK(words(" \t\n") == Words{" \t\n"});
  CHECK(words("a \n b\n\nc") == Words{"a", " \n", " b", "\n", "\n", "c"});
  CHECK(words("a\u3000\u00a0b") == Words{"a", "\u3000", "\u00a0", "b"});
  CHECK(words("\u0301e\u0301") == Words{"\u0301", "e", "\u0301"});
  CHECK(words(std::string("a\0b", 3)) == Words{"a", std::string(1, '\0'), "b"});
}

TEST_CASE("byte_bpe: classes are those of Unicode 16.0", "[text]") {
  CHECK(word_character(U'\U0001E5D0') == WordCharacter::kLetter);  // Ol Onal, 16.0
  CHECK(word_character(U'\U0001E5F1') == WordCharacter::kNumber);
  CHECK(word_character(U'\U0002EBF0') == WordCharacter::kLetter);  // CJK extension I, 15.1
  CHECK(word_character(0x2028) == WordCharacter::kSpace);
  CHECK(word_character(0x200B) == WordCharacter::kOther);
  CHECK(word_character(0x10FFFF) == WordCharacter::kOther);
}

TEST_CASE("byte_bpe: earlier merges first, from the left", "[text]") {
  ByteBpeTokenizer tokenizer(kModel, "m");
  CHECK(tokenizer.kind() == "byte-bpe");
  CHECK(tokenizer.vocabulary_size() == 262);
  CHECK(tokenizer.encode("", 8).ids == Ids{0, 1});
  CHECK(tokenizer.encode("abc", 8).ids == Ids{0, 260, 1});
  CHECK(tokenizer.encode("bcab", 8).ids == Ids{0, 259, 258, 1});
  // "\u0120a" is a merge, but "ab" comes before it.
  CHECK(tokenizer.encode("b ab a", 8).ids == Ids{0, id('b'), id(' '), 258, 261, 1});
  CHECK(tokenizer.encode("\u00e9", 8).ids == Ids{0, id('\xc3'), id('\xa9'), 1});
  ByteBpeTokenizer twice(model_of({{"a", "a"}, {"aa", "aa"}}), "m");
  CHECK(twice.encode("aaaaaaa", 8).ids == Ids{0, 259, 258, id('a'), 1});
}

TEST_CASE("byte_bpe: special pieces around, spelled ones are text, cut before the last", "[text]") {
  ByteBpeTokenizer tokenizer(kModel, "m");
  CHECK(tokenizer.encode("<s>", 8).ids == Ids{0, id('<'), id('s'), id('>'), 1});
  auto cut = tokenizer.encode("abc abc abc", 4);
  CHECK(cut.truncated);
  CHECK(cut.ids == Ids{0, 260, id(' '), 1});
  CHECK_FALSE(tokenizer.encode("abcabc", 4).truncated);
  CHECK_THROWS_AS(tokenizer.encode("a", 1), Error);
}

TEST_CASE("byte_bpe: a space before the text, where the files say so", "[text]") {
  auto model = kModel;
  model.add_prefix_space = true;
  ByteBpeTokenizer tokenizer(model, "m");
  CHECK(tokenizer.encode("a", 8).ids == Ids{0, 261, 1});
  CHECK(tokenizer.encode(" a", 8).ids == Ids{0, 261, 1});
  CHECK(tokenizer.encode("\na", 8).ids == Ids{0, id(' '), id('\n'), id('a'), 1});
  CHECK(tokenizer.encode("", 8).ids == Ids{0, 1});
  CHECK(tokenizer.hash() != ByteBpeTokenizer(kModel, "m").hash());
  auto said = tokenizer_json(kModel);
  said["pre_tokenizer"]["add_prefix_space"] = true;
  Folder folder;
  folder.with("tokenizer.json", said.dump());
  CHECK(folder.load()->hash() == tokenizer.hash());
  folder.with("tokenizer_config.json", R"({"add_prefix_space": false})");
  CHECK(folder.load()->hash() == ByteBpeTokenizer(kModel, "m").hash());
}

TEST_CASE("byte_bpe: vocab.json with merges.txt, and tokenizer.json, say the same", "[text]") {
  auto said = tokenizer_json(kModel);
  std::string merges = "#version: 0.2\n";
  for (auto& [left, right] : kModel.merges) merges += left + " " + right + "\n";
  Folder pair, alone;
  pair.with("vocab.json", said["model"]["vocab"].dump()).with("merges.txt", merges);
  alone.with("tokenizer.json", said.dump());
  auto hash = ByteBpeTokenizer(kModel, "m").hash();
  CHECK(pair.load()->hash() == hash);
  CHECK(load_tokenizer(pair.dir / "vocab.json")->hash() == hash);
  CHECK(alone.load()->hash() == hash);
  CHECK(tokenizer_hash(alone.dir.path) == hash);
  auto list = json::array();
  for (auto& [left, right] : kModel.merges) list.push_back(left + " " + right);
  said["model"]["merges"] = list;
  said["post_processor"] = {{"type", "TemplateProcessing"},
                            {"single",
                             {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
                              {{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
                              {{"SpecialToken", {{"id", "</s>"}, {"type_id", 0}}}}}}};
  alone.with("tokenizer.json", said.dump());
  CHECK(alone.load()->hash() == hash);
  // Other merges, other ids.
  pair.with("merges.txt", "a b\n");
  CHECK(pair.load()->hash() != hash);
}

TEST_CASE("byte_bpe: what is damaged or foreign is refused", "[text]") {
  auto refused = [](const char* pointer, const json& value, const std::string& why) {
    auto said = tokenizer_json(kModel);
    said[json::json_pointer(pointer)] = value;
    Folder folder;
    folder.with("tokenizer.json", said.dump());
    CHECK_THAT(test::refusal([&] { folder.load(); }), ContainsSubstring(why));
  };
  refused("/pre_tokenizer/type", "Whitespace", "expected 'ByteLevel'");
  refused("/pre_tokenizer/use_regex", false, "use_regex: expected true");
  refused("/normalizer", json{{"type", "NFC"}}, "normalizer: expected null, found NFC");
  refused("/model/end_of_word_suffix", "</w>", "end_of_word_suffix: expected ''");
  refused("/model/ignore_merges", true, "ignore_merges: expected false");
  refused("/model/merges", 3, "merges: expected a list");
  refused("/model/merges/1", "a b c", "found \"a b c\" as merge 2");
  refused("/model/merges/1", json::array({"a"}), "as merge 2");
  refused("/model/merges/1", json::array({"a", "b"}), "'a' and 'b' as merges 1 and 2");
  refused("/model/merges/1", json::array({"a", "d"}), "expected 'ad' of merge 2");
  refused("/model/vocab/a", 5, "one piece an id");
  refused("/model/vocab/a", -5, "expected an id below");
  refused("/model/vocab/a", 100'000, "expected an id below 1524");
  refused("/model/vocab", json::array({1}), "vocab: expected an object");
  refused("/post_processor/cls", json::array({"[CLS]", 0}), "expected [CLS] among the pieces");
  refused("/post_processor/cls", "<s>", "cls: expected a token and its id");
  refused("/post_processor/type", "BertProcessing", "expected 'RobertaProcessing'");

  auto vocabulary = tokenizer_json(kModel)["model"]["vocab"];
  Folder folder;
  folder.with("merges.txt", "a b\n").with("vocab.json", vocabulary.dump());
  CHECK_NOTHROW(folder.load());
  auto merges = [&](const std::string& bytes, const std::string& why) {
    folder.with("merges.txt", bytes);
    CHECK_THAT(test::refusal([&] { folder.load(); }), ContainsSubstring(why));
  };
  merges("#version: 0.2\na\n", "merges.txt:2: expected two pieces");
  merges("a  b\n", "merges.txt:1: expected two pieces");
  merges("a \xff\n", "UTF-8");
  folder.with("merges.txt", "a b\n");
  auto pieces = [&](const std::string& bytes, const std::string& why) {
    folder.with("vocab.json", bytes);
    CHECK_THAT(test::refusal([&] { folder.load(); }), ContainsSubstring(why));
  };
  pieces(std::string(100'000, '['), "nested too deeply");
  pieces("{\"a\": 1, \"a\": 2}", "'a' twice");
  pieces("{\"a\xff\": 1}", "not JSON");
  auto fewer = vocabulary;
  fewer.erase("!");
  pieces(fewer.dump(), "'!', which stands for byte 33");
}

TEST_CASE("byte_bpe: a damaged tokenizer.json is refused or works", "[text]") {
  Folder folder;
  test::flip_bytes(tokenizer_json(kModel).dump(), 200, [&](const std::string& bytes) {
    folder.with("tokenizer.json", bytes);
    folder.load()->encode("abc <s>\u00e9", 16);
  });
}

// n log n: with a scan for each merge this one word would take some 10^11 steps.
TEST_CASE("byte_bpe: a word of a megabyte ends in time", "[text]") {
  std::vector<std::pair<std::string, std::string>> merges;
  for (std::string piece = "a"; piece.size() < 1 << 16; piece += piece)
    merges.push_back({piece, piece});
  ByteBpeTokenizer tokenizer(model_of(merges), "m");
  test::CpuTime time;
  auto ids = tokenizer.encode(std::string(1 << 20, 'a'), 1 << 21).ids;
  CHECK(ids.size() == 2 + 16);
  CHECK(tokenizer.encode("a" + std::string(1 << 20, ' ') + "a", 64).truncated);
  CHECK(time.seconds() < 20);
}
