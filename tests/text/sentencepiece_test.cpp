#include "text/sentencepiece.h"

#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "support/hostile.h"
#include "support/paths.h"
#include "text/sentencepiece_model.h"

using namespace mma;
using Catch::Matchers::ContainsSubstring;
using Ids = std::vector<int32_t>;

namespace {

// The wire format of protobuf, as far as a model needs it.
std::string varint(uint64_t value) {
  std::string bytes;
  for (; value > 0x7F; value >>= 7) bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}
std::string fixed32(uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> 8 * i);
  return bytes;
}
std::string field(int number, const std::string& bytes) {
  return varint(static_cast<uint64_t>(number) << 3 | 2) + varint(bytes.size()) + bytes;
}

enum Type { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4 };
std::string piece(const std::string& text, float score, Type type = kNormal) {
  return field(1, field(1, text) + varint(2 << 3 | 5) + fixed32(std::bit_cast<uint32_t>(score)) +
                      varint(3 << 3) + varint(type));
}
std::string rules(const std::vector<uint32_t>& units, const std::string& texts) {
  std::string table;
  for (uint32_t unit : units) table += fixed32(unit);
  return field(3, field(2, fixed32(static_cast<uint32_t>(table.size())) + table + texts));
}

const std::string kSpace = "\u2581";
const std::string kModel = piece("<unk>", 0, kUnknown) + piece("[CLS]", 0, kControl) +
                           piece("[SEP]", 0, kControl) + piece(kSpace + "run", -1) +
                           piece("ning", -1) + piece(kSpace, -3) + piece("r", -4) + piece("u", -4) +
                           piece("n", -4);

std::unique_ptr<Tokenizer> load(const std::string& bytes) {
  test::ScratchDir dir;
  write_atomically(dir / "own.model", bytes);
  return load_tokenizer(dir.path);
}

void refused(const std::string& bytes, const std::string& why) {
  CHECK_THROWS_AS(load(bytes), UserError);
  CHECK_THROWS_WITH(load(bytes), ContainsSubstring("own.model: ") && ContainsSubstring(why));
}

}  // namespace

TEST_CASE("sentencepiece: special pieces around, cut before the last", "[text]") {
  auto t = load(kModel);
  CHECK(t->kind() == "sentencepiece");
  CHECK(t->vocabulary_size() == 9);
  CHECK(t->encode("running run", 16).ids == Ids{1, 3, 4, 3, 2});
  auto cut = t->encode("running run", 4);
  CHECK(cut.ids == Ids{1, 3, 4, 2});
  CHECK(cut.truncated);
  CHECK_FALSE(t->encode("running", 4).truncated);
  CHECK(t->encode("", 2).ids == Ids{1, 2});
  CHECK_THROWS_AS(t->encode("run", 1), Error);
}

TEST_CASE("sentencepiece: a spelled control symbol is text", "[text]") {
  auto ids = load(kModel)->encode("[CLS]", 16).ids;
  CHECK(std::count(ids.begin(), ids.end(), 1) == 1);
  refused(piece("<unk>", 0, kUnknown) + piece("[CLS]", 0, kUserDefined), "control symbol");
}

TEST_CASE("sentencepiece: what a model lacks is not added", "[text]") {
  auto without = piece("<unk>", 0, kUnknown) + piece(kSpace + "run", -1);
  CHECK(load(without)->encode("run", 16).ids == Ids{1});
  auto end_only = without + piece("</s>", 0, kControl);
  CHECK(load(end_only)->encode("run run", 2).ids == Ids{1, 2});
  CHECK(load(end_only)->hash() != load(without)->hash());
}

TEST_CASE("sentencepiece: what is not a model is refused", "[text]") {
  refused("", "does not load");
  refused("not a model at all", "expected a SentencePiece model");
  refused(kModel.substr(0, kModel.size() - 3), "longer than the file");
  refused(kModel + "\x0f", "unknown type");
  refused(kModel + std::string(12, '\xff'), "64 bits");
  refused(kModel + piece(kSpace + "run", -1), "does not load");  // twice the same piece
  refused(kModel + piece("x", std::numeric_limits<float>::quiet_NaN()), "not finite");
  test::ScratchDir dir;
  write_atomically(dir / "a.model", kModel);
  write_atomically(dir / "b.model", kModel);
  CHECK_THROWS_WITH(load_tokenizer(dir.path), ContainsSubstring("a.model, b.model"));
  CHECK(load_tokenizer(dir / "a.model")->hash() == load_tokenizer(dir / "b.model")->hash());
}

TEST_CASE("sentencepiece: rules that lead out of their table are refused", "[text]") {
  std::vector<uint32_t> units(512, 0x80000000);  // values, which no text enters
  std::string texts("x\0", 2);
  auto unit = [](uint32_t at, uint32_t children, uint32_t label, bool value) {
    return (at ^ children) << 10 | (value ? 1u << 8 : 0u) | label;
  };
  // The rule "a" -> "x": the root's children at 256, those of "a" at 0 + 128.
  units[0] = unit(0, 256, 0, false);
  units[256 ^ 'a'] = unit(256 ^ 'a', 128, 'a', true);
  units[128] = 0x80000000;
  CHECK(load(kModel + rules(units, texts)) != nullptr);
  auto changed = [&](size_t at, uint32_t value) {
    auto copy = units;
    copy[at] = value;
    return kModel + rules(copy, texts);
  };
  refused(changed(0, unit(0, 1024, 0, false)), "leads out of itself");
  refused(changed(128, 0x80000002), "a rule without its text");
  refused(changed(128 ^ 'b', unit(128 ^ 'b', 4096, 'b', false)), "leads out of itself");
  refused(changed(128 ^ 'b', unit(128 ^ 'b', 256, 'b', false)), "in circles");
  refused(kModel + rules(units, "x"), "have no end");
  refused(kModel + rules({}, texts), "without a root");
  refused(kModel + field(3, field(2, fixed32(4000) + "abc")), "longer than the rules");
  refused(kModel + field(3, field(2, "ab")), "end at once");
}

TEST_CASE("sentencepiece: no more matches alike than the library has room for", "[text]") {
  std::string pieces = kModel;
  for (size_t n = 1; n <= 64; ++n) pieces += piece(std::string(n, 'q'), 0, kUserDefined);
  CHECK_NOTHROW(read_sentencepiece_model(pieces, "m"));
  pieces += piece(std::string(65, 'q'), 0, kUserDefined);
  refused(pieces, "user-defined pieces that begin alike");
}

TEST_CASE("sentencepiece: a damaged model is refused or works", "[text]") {
  auto whole = read_file(test::shared("sentencepiece/test_model.model"));
  size_t refused_count = 0;
  for (size_t i = 0; i < 60; ++i) {
    auto bytes = whole;
    bytes[i * 7919 % bytes.size()] ^= static_cast<char>(1 + i * 37 % 255);
    try {
      load(bytes)->encode("Hello \u212b\ufb01 world", 64);
    } catch (const UserError&) {
      ++refused_count;
    }
  }
  CHECK(refused_count < 60);
  for (size_t size = 0; size < whole.size(); size += whole.size() / 20) {
    try {
      load(whole.substr(0, size));
    } catch (const UserError&) {
    }
  }
}

namespace {

using nlohmann::json;

struct Folder {
  test::ScratchDir dir;
  Folder& with(const std::string& name, const std::string& bytes) {
    write_atomically(dir / name, bytes);
    return *this;
  }
  std::unique_ptr<Tokenizer> load() const { return load_tokenizer(dir.path); }
  Ids ids(const std::string& text) const { return load()->encode(text, 64).ids; }
};

const std::string kAlbert = piece("<pad>", 0, kControl) + piece("<unk>", 0, kUnknown) +
                            piece("[CLS]", 0, kControl) + piece("[SEP]", 0, kControl) +
                            piece("[MASK]", 0, kControl) + piece(kSpace, -3) + piece("9", -4) +
                            piece(",", -4) + piece("9,", -2) + piece(kSpace + "9,", -1.5) +
                            piece(kSpace + "9", -3) + piece("a", -3) + piece("19,", -1) +
                            piece("1", -5) + piece(kSpace + "1", -4);

// As XLM-RoBERTa's: <unk> 0, <s> 1, </s> 2, then what text is made of.
const std::string kFairseq = piece("<unk>", 0, kUnknown) + piece("<s>", 0, kControl) +
                             piece("</s>", 0, kControl) + piece(kSpace, -3) +
                             piece(kSpace + "a", -1.25) + piece("b", -2.5);

const json kUnigram = json::parse(R"({
  "added_tokens": [{"id": 0, "content": "<s>", "special": true}, {"id": 1, "content": "<pad>", "special": true},
                   {"id": 2, "content": "</s>", "special": true}, {"id": 3, "content": "<unk>", "special": true},
                   {"id": 7, "content": "<mask>", "special": true}],
  "normalizer": null,
  "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
                    {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always"}]},
  "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}},
                     {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "</s>"}}]},
  "model": {"type": "Unigram", "unk_id": 3,
            "vocab": [["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0],
                      ["\u2581", -3], ["\u2581a", -1.25], ["b", -2.5], ["<mask>", 0.0]]}})");

}  // namespace

// Expected ids by AlbertTokenizer of transformers 4.46.3.
TEST_CASE("sentencepiece: ALBERT cuts a comma from the number before it", "[text]") {
  Folder folder;
  folder.with("spiece.model", kAlbert).with("config.json", R"({"model_type": "albert"})");
  CHECK(folder.load()->kind() == "sentencepiece-albert");
  CHECK(folder.ids("9,9") == Ids{2, 10, 7, 6, 3});
  CHECK(folder.ids("9, a9, a") == Ids{2, 10, 7, 5, 11, 6, 7, 5, 11, 3});
  CHECK(folder.ids("a19,9") == Ids{2, 5, 11, 13, 6, 7, 6, 3});
  CHECK(folder.ids("19,") == Ids{2, 5, 13, 6, 7, 3});
  CHECK(folder.ids("a9,,") == Ids{2, 5, 11, 6, 7, 7, 3});
  CHECK(folder.load()->encode("a9,,", 5).ids == Ids{2, 5, 11, 6, 3});
}

TEST_CASE("sentencepiece: whose conventions, by the files beside the model", "[text]") {
  auto kind = [](const std::string& name, const std::string& config, const std::string& said) {
    Folder folder;
    folder.with(name, kAlbert);
    if (!config.empty()) folder.with("config.json", config);
    if (!said.empty()) folder.with("tokenizer_config.json", said);
    CHECK(tokenizer_hash(folder.dir.path) == folder.load()->hash());
    return folder.load()->kind();
  };
  CHECK(kind("m.model", "", "") == "sentencepiece");
  CHECK(kind("spiece.model", "", "") == "sentencepiece-albert");
  CHECK(kind("spiece.model", R"({"model_type": "t5"})", "") == "sentencepiece");
  CHECK(kind("spiece.model", "", R"({"tokenizer_class": "BigBirdTokenizer"})") == "sentencepiece");
  CHECK(kind("m.model", R"({"model_type": "albert"})", "") == "sentencepiece-albert");
  CHECK(kind("m.model", "", R"({"tokenizer_class": "AlbertTokenizer"})") == "sentencepiece-albert");
  CHECK(kind("sentencepiece.bpe.model", "", "") == "sentencepiece");  // not such a model

  Folder own, by_name, by_config, by_class;
  own.with("m.model", kFairseq);
  by_name.with("sentencepiece.bpe.model", kFairseq);
  by_config.with("m.model", kFairseq).with("config.json", R"({"model_type": "xlm-roberta"})");
  by_class.with("m.model", kFairseq)
      .with("config.json", R"({"model_type": "bert"})")
      .with("tokenizer_config.json", R"({"tokenizer_class": "XLMRobertaTokenizer"})");
  CHECK(own.ids("ab x") == Ids{1, 4, 5, 3, 0, 2});
  for (auto* folder : {&by_name, &by_config, &by_class}) {
    CHECK(folder->ids("ab x") == Ids{0, 5, 6, 4, 3, 2});
    CHECK(folder->ids("<mask>") == Ids{0, 4, 3, 2});
    CHECK(folder->load()->vocabulary_size() == 8);
    CHECK(folder->load()->hash() == by_name.load()->hash());
  }
  // What packs of earlier versions hold.
  CHECK(own.load()->hash() == sha256("sentencepiece " + sha256(kFairseq)));
  CHECK(own.load()->hash() != by_name.load()->hash());
  by_config.with("m.model", kAlbert);
  CHECK_THROWS_WITH(by_config.load(), ContainsSubstring("expected XLM-RoBERTa's unigram model"));
}

TEST_CASE("sentencepiece: ALBERT's options decide ids and hash", "[text]") {
  Folder folder;
  folder.with("spiece.model", kAlbert);
  CHECK(folder.ids("A") == Ids{2, 5, 11, 3});
  auto hash = folder.load()->hash();
  folder.with("tokenizer_config.json", R"({"do_lower_case": false})");
  CHECK(folder.ids("A") == Ids{2, 5, 1, 3});
  CHECK(folder.load()->hash() != hash);
  folder.with("config.json", R"({"model_type": "albert"})").with("spiece.model", kFairseq);
  CHECK_THROWS_WITH(folder.load(), ContainsSubstring("[CLS] and [SEP]"));
}

TEST_CASE("sentencepiece: a tokenizer.json alone says the same as XLM-RoBERTa's model", "[text]") {
  Folder model, alone;
  model.with("sentencepiece.bpe.model", kFairseq);
  alone.with("tokenizer.json", kUnigram.dump());
  CHECK(alone.ids("ab x <mask>") == Ids{0, 5, 6, 4, 3, 4, 3, 2});
  CHECK(alone.load()->hash() == model.load()->hash());
  CHECK(tokenizer_hash(alone.dir / "tokenizer.json") == model.load()->hash());
}

TEST_CASE("sentencepiece: a tokenizer.json that is damaged or foreign is refused", "[text]") {
  auto refused = [](const char* pointer, const json& value, const std::string& why) {
    auto said = kUnigram;
    said[json::json_pointer(pointer)] = value;
    Folder folder;
    folder.with("tokenizer.json", said.dump());
    CHECK_THAT(test::refusal([&] { folder.load(); }), ContainsSubstring(why));
  };
  json rules = {{"type", "Precompiled"}, {"precompiled_charsmap", "AAA$"}};
  refused("/normalizer", rules, "expected base64");
  rules["precompiled_charsmap"] = "/////w==";
  refused("/normalizer", rules, "a rule table longer than the rules");
  refused("/normalizer", json{{"type", "Lowercase"}}, "expected 'Precompiled', found 'Lowercase'");
  refused("/normalizer", json{{"type", "Sequence"}}, "normalizers: expected a list");
  refused("/pre_tokenizer", nullptr, "expected Metaspace");
  refused("/pre_tokenizer/pretokenizers/1/replacement", "_", "replacement: expected");
  refused("/pre_tokenizer/pretokenizers/0", 3, "expected objects, found 3");
  refused("/model/unk_id", 8, "unk_id: expected the id of one of 8 pieces");
  refused("/model/unk_id", nullptr, "unk_id: expected the id");
  refused("/model/byte_fallback", true, "byte_fallback: expected false");
  refused("/model/vocab", json::array(), "expected a list of pieces");
  refused("/model/vocab/4", json::array({"x"}), "found [\"x\"] at 4");
  refused("/model/vocab/4/1", 1e300, "at 4");
  refused("/model/vocab/4/0", "b", "does not load");  // "b" twice
  refused("/model/vocab/4/0", "", "does not load");
  refused("/post_processor", nullptr, "expected '<s>' and '</s>' around the text, found '' and ''");
  refused("/post_processor/single", json::array(), "at most one special token");
  Folder folder;
  test::flip_bytes(kUnigram.dump(), 200, [&](const std::string& bytes) {
    folder.with("tokenizer.json", bytes);
    folder.load()->encode("ab x", 16);
  });
}
