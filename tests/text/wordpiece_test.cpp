#include "text/wordpiece.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "base/error.h"
#include "base/files.h"
#include "support/paths.h"
#include "text/tokenizer.h"

using namespace mma;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kPieces =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##want\n##ed\nrun\n##ning\n,\n[\n]\ncl\n##s\nsep\nE\n";
constexpr int32_t kUnk = 1, kCls = 2, kSep = 3;
using Ids = std::vector<int32_t>;

std::unique_ptr<Tokenizer> tokenizer_of(const std::string& vocabulary) {
  test::ScratchDir dir;
  write_atomically(dir / "vocab.txt", vocabulary);
  return load_tokenizer(dir / "vocab.txt");
}

std::vector<std::string> words(const std::string& text, const BertTextOptions& options) {
  auto found = bert_words(text, options);
  std::vector<std::string> list;
  for (size_t i = 0; i < found.size(); ++i) list.emplace_back(found[i]);
  return list;
}
using List = std::vector<std::string>;

}  // namespace

TEST_CASE("wordpiece: longest pieces first, unknown words whole", "[text]") {
  auto t = tokenizer_of(kPieces);
  CHECK(t->encode("UNwant\u00e9d,running", 64).ids == Ids{kCls, 4, 5, 6, 9, 7, 8, kSep});
  CHECK(t->encode("unwantedx run", 64).ids == Ids{kCls, kUnk, 7, kSep});
  CHECK(t->encode("", 64).ids == Ids{kCls, kSep});
  CHECK(t->vocabulary_size() == 16);
  CHECK(t->kind() == "wordpiece-uncased");
}

TEST_CASE("wordpiece: what is cut is cut before [SEP]", "[text]") {
  auto t = tokenizer_of(kPieces);
  auto whole = t->encode("unwanted run", 6);
  CHECK(whole.ids == Ids{kCls, 4, 5, 6, 7, kSep});
  CHECK_FALSE(whole.truncated);
  auto cut = t->encode("unwanted run", 5);
  CHECK(cut.ids == Ids{kCls, 4, 5, 6, kSep});
  CHECK(cut.truncated);
  CHECK(t->encode("unwanted", 3).ids == Ids{kCls, 4, kSep});
  auto none = t->encode("unwanted", 2);
  CHECK(none.ids == Ids{kCls, kSep});
  CHECK(none.truncated);
  CHECK_FALSE(t->encode(" ", 2).truncated);
  CHECK_THROWS_AS(t->encode("run", 1), Error);
}

TEST_CASE("wordpiece: a spelled special token is text", "[text]") {
  auto t = tokenizer_of(kPieces);
  CHECK(t->encode("[CLS] run [SEP]", 64).ids == Ids{kCls, 10, 12, 13, 11, 7, 10, 14, 11, kSep});
  CHECK(t->encode("[PAD]", 64).ids == Ids{kCls, 10, kUnk, 11, kSep});
}

TEST_CASE("wordpiece: words of more than 100 code points are unknown", "[text]") {
  auto t = tokenizer_of(kPieces + "e\n##e\n\u0436\n##\u0436\n");
  CHECK(t->encode(std::string(100, 'e'), 512).ids.size() == 102);
  CHECK(t->encode(std::string(101, 'e'), 512).ids == Ids{kCls, kUnk, kSep});
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "\u0436";  // two bytes each
  CHECK(t->encode(wide, 512).ids.size() == 102);
  CHECK(t->encode(wide + "\u0436", 512).ids == Ids{kCls, kUnk, kSep});
}

TEST_CASE("wordpiece: how text is cleaned", "[text]") {
  BertTextOptions uncased, cased{false, false, true, true};
  CHECK(words("\u0130I \u1e9e", uncased) == List{"ii", "\u00df"});
  CHECK(words("\u0130", {true, false, true, true}) == List{"i\u0307"});
  CHECK(words("\u00c9t\u00e9", cased) == List{"\u00c9t\u00e9"});
  CHECK(words("\u00c9t\u00e9", {false, true, true, true}) == List{"Ete"});
  CHECK(words("a\u4e2d\u6587b", cased) == List{"a", "\u4e2d", "\u6587", "b"});
  CHECK(words("a\u4e2d\u6587b", {false, false, false, true}) == List{"a\u4e2d\u6587b"});
  CHECK(words("a\u200bb\u00a0c\u2028d\x07 \ufffd", cased) == List{"ab", "c", "d"});
  CHECK(words("a\vb\u200b", {false, false, true, false}) == List{"a", "b\u200b"});
  CHECK(words("$a+\u20ac\u2026b", cased) == List{"$", "a", "+", "\u20ac", "\u2026", "b"});
  CHECK(words("\uac00", uncased) == List{"\u1100\u1161"});  // Hangul in parts, as NFD has it
  CHECK(words(std::string("a\0b\xff"
                          "c",
                          5),
              cased) == List{"abc"});
  // Hangul tone marks are spacing marks with an order: sorted, not dropped.
  CHECK(words("a\U0001D16D\U0001D165", uncased) == List{"a\U0001D165\U0001D16D"});
  CHECK(words("\u061d", cased) == words("\u061d", uncased));
}

TEST_CASE("vocabulary: line ends, gaps", "[text]") {
  test::ScratchDir dir;
  write_atomically(dir / "crlf.txt", "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n\r\n\r\nrun\r\n");
  auto t = load_tokenizer(dir / "crlf.txt");
  CHECK(t->encode("run", 8).ids == Ids{kCls, 6, kSep});
  CHECK(t->vocabulary_size() == 7);
}

TEST_CASE("vocabulary: bad files are refused in one line", "[text]") {
  auto refused = [](const std::string& vocabulary, const std::string& why) {
    CHECK_THROWS_WITH(tokenizer_of(vocabulary), ContainsSubstring(why));
    CHECK_THROWS_AS(tokenizer_of(vocabulary), UserError);
  };
  refused("", "found nothing");
  refused("[PAD]\n[UNK]\n[CLS]\n", "[SEP]");
  refused("[UNK]\n[CLS]\n[SEP]\n", "[PAD]");
  refused("[PAD]\n[CLS]\n[SEP]\n", "[UNK]");
  refused("[PAD]\n[UNK]\n[SEP]\n", "[CLS]");
  refused(kPieces + "run\na\n##ed\n",
          "vocab.txt:17: expected each piece once, found 'run' of line 8 again\n");
  refused(kPieces + "run\na\n##ed \n",
          "vocab.txt:19: expected each piece once, found '##ed' of line 7 again");
  refused(kPieces + "\xff\xfe\n", "vocab.txt:17: ");
  refused(kPieces + std::string(5000, 'a'), "4096 bytes");
  test::ScratchDir dir;
  CHECK_THROWS_WITH(load_tokenizer(dir.path), ContainsSubstring("expected a tokenizer"));
  CHECK_THROWS_WITH(load_tokenizer(dir / "none"), ContainsSubstring("no such file"));
}
