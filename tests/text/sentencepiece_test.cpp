#include "text/sentencepiece.h"

#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>

#include "base/error.h"
#include "base/files.h"
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
